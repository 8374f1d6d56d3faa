/** The scenes a client is in */
import type { Body, Init, SceneEnter } from '#protocol/mars';
import type { Client } from './client.ts';
import { Scene } from './scene.ts';

export class Scenes {
  readonly #client: Client;
  /** By bare JID. */
  readonly #open = new Map<string, Scene>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** In a scene one is in already, the snapshot comes again. @param jid as the server writes it, or with capitals */
  async enter(jid: string, entrance: Init<SceneEnter>): Promise<Scene> {
    const address = jid.toLowerCase();
    const open = this.#open.get(address);
    if (open !== undefined) {
      await open.enter(entrance);
      return open;
    }
    const scene = new Scene(this.#client, address, () => this.#open.delete(address));
    this.#open.set(address, scene);
    try {
      await scene.enter(entrance);
    } catch (error) {
      this.#open.delete(address);
      throw error;
    }
    return scene;
  }

  /** Whether it was of a scene, and nothing else. */
  take(body: Body): boolean {
    if (this.#open.size === 0) return false;
    const scene = this.#open.get(addressOf(body) ?? '');
    scene?.take(body);
    return scene !== undefined;
  }

  /** A new session is in none; what asks to be let in asks again. */
  lost(): void {
    for (const scene of [...this.#open.values()]) if (scene.isEntered) scene.end('lost');
  }
}

function addressOf({ payload, from, error }: Body): string | undefined {
  switch (payload.case) {
    case 'sceneMoves':
    case 'sceneSight':
    case 'sceneAction':
    case 'sceneResult':
      return payload.value.scene;
    case 'message':
      return error === undefined ? from.replace(/\/.*$/s, '') : undefined;
  }
}
