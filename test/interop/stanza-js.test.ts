/** Stanza (stanza.js) over WebSocket */
import { once } from 'node:events';
import { type Agent, createClient } from 'stanza';
import type { Account, Device, Reader, Sight, Survivor } from './client.ts';
import {
  describeClient,
  describeDevices,
  describeHistory,
  describeResending,
  describeResumption,
} from './describe-client.ts';
import type { InteropServer } from './server.ts';
import { Sightings } from './sightings.ts';

const ways = {
  'over WebSocket': (server: InteropServer, account: Account): Device & Reader & Survivor =>
    new StanzaClient(account, server.ws),
};
describeClient('Stanza', ways);
describeDevices('Stanza', ways);
describeHistory('Stanza', ways);
describeResumption('Stanza', ways);
describeResending('Stanza', ways);

class StanzaClient implements Device, Reader, Survivor {
  readonly jid: string;
  readonly #agent: Agent;
  readonly #sightings = new Sightings();
  #lost: Promise<unknown> = Promise.resolve();

  constructor({ jid, password, resource }: Account, websocket: string) {
    this.jid = jid;
    const transports = { websocket, bosh: false };
    this.#agent = createClient({ jid, password, ...(resource && { resource }), autoReconnect: false, transports });
    const note = (sight: Sight): void => {
      if (sight.jid !== jid) this.#sightings.note(sight);
    };
    this.#agent.on('roster:update', ({ roster }) => {
      for (const { jid, subscription } of roster.items ?? []) {
        if (subscription !== undefined && subscription !== 'remove') note({ kind: 'contact', jid, subscription });
      }
    });
    this.#agent.on('subscribe', ({ from }) => note({ kind: 'request', jid: bare(from) }));
    this.#agent.on('available', ({ from, status = '' }) => note({ kind: 'available', jid: bare(from), status }));
    this.#agent.on('unavailable', ({ from }) => note({ kind: 'unavailable', jid: bare(from) }));
    this.#agent.on('chat', ({ from, body = '' }) => note({ kind: 'message', jid: bare(from), body }));
    this.#agent.on('carbon:sent', ({ carbon }) => {
      const { to, body = '' } = carbon.forward.message ?? {};
      note({ kind: 'said', jid: bare(to), body });
    });
  }

  async login(): Promise<string> {
    const refused = once(this.#agent, 'auth:failed').then(() => {
      throw new Error(`${this.jid} was refused`);
    });
    let mechanism = 'none';
    this.#agent.on('raw:outgoing', (xml) => {
      mechanism = /<auth [^>]*mechanism="([^"]+)"/.exec(xml)?.[1] ?? mechanism;
    });
    const started = once(this.#agent, 'session:started');
    this.#lost = once(this.#agent, 'disconnected');
    this.#agent.connect();
    await Promise.race([started, refused]);
    await this.#agent.getRoster();
    this.#agent.sendPresence();
    return mechanism;
  }

  async addContact(jid: string): Promise<void> {
    await this.#agent.updateRosterItem({ jid, subscription: 'none' });
  }

  async requestSubscription(jid: string): Promise<void> {
    this.#agent.subscribe(jid);
  }

  async acceptSubscription(jid: string): Promise<void> {
    this.#agent.acceptSubscription(jid);
  }

  async announce(status: string): Promise<void> {
    this.#agent.sendPresence({ status });
  }

  async say(jid: string, body: string): Promise<void> {
    this.#agent.sendMessage({ to: jid, type: 'chat', body });
  }

  enableCarbons(): Promise<void> {
    return this.#agent.enableCarbons();
  }

  async history(jid: string, size: number): Promise<readonly string[]> {
    const bodies: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await this.#agent.searchHistory({ with: jid, paging: { max: size, ...(after && { after }) } });
      bodies.push(...(page.results ?? []).map(({ item }) => item.message?.body ?? ''));
      if (page.complete) return bodies;
      after = page.paging?.last;
    }
  }

  async address(): Promise<string> {
    return this.#agent.jid;
  }

  async resume(): Promise<void> {
    await this.#lost;
    this.#lost = once(this.#agent, 'disconnected');
    const another = once(this.#agent, 'session:started').then(() => {
      throw new Error('it is another session');
    });
    const resumed = once(this.#agent, 'stream:management:resumed');
    this.#agent.connect();
    await Promise.race([resumed, another]);
  }

  async logout(): Promise<void> {
    const disconnected = once(this.#agent, 'disconnected');
    this.#agent.disconnect();
    await disconnected;
  }

  sees(sight: Sight): Promise<void> {
    return this.#sightings.sees(sight);
  }

  hasSeen(sight: Sight): boolean {
    return this.#sightings.has(sight);
  }

  async close(): Promise<void> {
    this.#agent.disconnect();
  }
}

function bare(jid = ''): string {
  return jid.split('/')[0] ?? '';
}
