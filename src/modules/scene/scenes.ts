/** The scenes of a service: loaded when first touched, in memory while somebody is in them, and a while longer */
import { type Awaitable, GenerationCache, type Host, isPromise, Jid, type MapStore, whenDone } from '#core';
import type { SceneConfig } from './config.ts';
import { Scene } from './scene.ts';
import { initialSettings, type Settings } from './settings.ts';

/** The one key of a scene in the store. */
const WHOLE = '';

export class Scenes {
  readonly #host: Host<SceneConfig>;
  /** Options that came later have their defaults. */
  readonly #store: MapStore<Partial<Settings>>;
  /** By bare JID, the stored scenes a user owns. */
  readonly #byOwner: MapStore<true>;
  /** Scenes with somebody in them. */
  readonly #open = new Map<string, Scene>();
  readonly #idle: GenerationCache<Scene>;
  readonly #loading = new Map<string, Promise<Scene | undefined>>();

  constructor(host: Host<SceneConfig>) {
    this.#host = host;
    this.#store = host.store.map('scene');
    this.#byOwner = host.store.map('scene-owner');
    this.#idle = new GenerationCache(host.config.idle_scenes);
  }

  /** Scenes with somebody in them. */
  get open(): Iterable<Scene> {
    return this.#open.values();
  }

  /** By the localpart of its JID. */
  get(name: string): Awaitable<Scene | undefined> {
    const known = this.#open.get(name) ?? this.#idle.get(name) ?? this.#loading.get(name);
    if (known !== undefined) return known;
    const loaded = whenDone(this.#store.get(name, WHOLE), (stored) => this.#loaded(name, stored));
    if (!isPromise(loaded)) return loaded;
    this.#loading.set(name, loaded);
    loaded.finally(() => this.#loading.delete(name)).catch(() => {});
    return loaded;
  }

  #loaded(name: string, stored: Partial<Settings> | undefined): Scene | undefined {
    if (stored === undefined) return undefined;
    const scene = this.#make(name, { ...initialSettings(this.#host.config), ...stored });
    scene.isStored = true;
    this.#idle.set(name, scene);
    return scene;
  }

  /** A scene that is not stored: it ends with its last member. @param owner bare JID */
  create(name: string, owner: Jid): Scene {
    return this.#make(name, initialSettings(this.#host.config, owner.toString()));
  }

  #make(name: string, settings: Settings): Scene {
    return new Scene(Jid.of(name, this.#host.domain.domain), settings, this.#host.clock);
  }

  /** Somebody is in it. */
  occupied(scene: Scene): void {
    this.#open.set(scene.name, scene);
    this.#idle.delete(scene.name);
  }

  /** The last one has left. */
  vacated(scene: Scene): void {
    this.#open.delete(scene.name);
    if (scene.isStored && !scene.isDestroyed) this.#idle.set(scene.name, scene);
    else scene.isDestroyed = true;
  }

  /** Resolves when the settings are committed. @param before those who owned it until now */
  async save(scene: Scene, before: readonly string[]): Promise<void> {
    const { owners } = scene.settings;
    scene.isStored = true;
    await Promise.all([
      this.#store.update(scene.name, WHOLE, () => scene.settings),
      ...before.map((user) => owners.includes(user) || this.#byOwner.update(user, scene.name, () => undefined)),
      ...owners.map((user) => this.#byOwner.update(user, scene.name, () => true)),
    ]);
  }

  /** Takes it out of memory and storage. Resolves when that is committed. */
  async remove(scene: Scene): Promise<void> {
    scene.isDestroyed = true;
    this.#open.delete(scene.name);
    this.#idle.delete(scene.name);
    await Promise.all([
      this.#store.purge(scene.name),
      ...scene.settings.owners.map((user) => this.#byOwner.update(user, scene.name, () => undefined)),
    ]);
  }

  /** How many scenes a user owns, stored or not. */
  countOwned(user: Jid): Awaitable<number> {
    const temporary = [...this.#open.values()].filter((scene) => !scene.isStored && scene.isOwner(user)).length;
    return whenDone(this.#byOwner.entries(user.toString()), (stored) => stored.size + temporary);
  }
}
