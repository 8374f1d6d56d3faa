/** docs/protocol/scene.md (urn:tharsis:scene:0): rooms with coordinates, where who is near sees and hears */
import {
  type Awaitable,
  defineModule,
  type Host,
  Iq,
  type Message,
  Presence,
  SCENES,
  type Stanza,
  whenDone,
} from '#core';
import disco from '#modules/disco';
import { sceneApi } from './api.ts';
import { offerCommands } from './commands.ts';
import { configSchema, type SceneConfig, type Service } from './config.ts';
import { announce } from './disco.ts';
import { dismiss } from './leave.ts';
import { receiveMessage } from './message.ts';
import { receivePresence } from './presence.ts';
import { receiveIq } from './requests.ts';
import { Scenes } from './scenes.ts';

export default defineModule({
  name: 'scene',
  hosts: 'service',
  requires: [disco],
  config: configSchema,
  setup(host: Host<SceneConfig>): void {
    const service: Service = { host, scenes: new Scenes(host) };
    announce(service);
    host.offer(SCENES, sceneApi(service));
    offerCommands(service);
    host.observe('host:stopping', () => {
      for (const scene of [...service.scenes.open]) dismiss(scene, 'stopped');
    });

    host.handle('host:arrived', ({ stanza }) => {
      const name = stanza.to?.local;
      if (name === undefined || name === '') return false;
      return whenDone(receive(stanza, name), () => true as const);
    });

    function receive(stanza: Stanza, name: string): Awaitable<void> {
      if (stanza instanceof Presence) return receivePresence(service, stanza, name);
      if (!(stanza instanceof Iq)) return receiveMessage(service, stanza as Message, name);
      // Nothing is asked by a scene: an answer answers nothing.
      if (stanza.type === 'get' || stanza.type === 'set') return receiveIq(service, stanza, name);
    }
  },
});
