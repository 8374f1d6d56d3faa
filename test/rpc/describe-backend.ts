/** What holds for every kind of backend: called by an XMPP client and by a game client, up, slow, and down */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Plugin } from '#core';
import { type MarsServer, startMars } from '../support/mars-server.ts';
import { withShop } from '../support/scripted-backend.ts';
import { type Caller, gameCaller, xmppCaller } from './callers.ts';

/** Libraries come back by their own clocks. */
const PATIENCE_MS = 15_000;

/** A call as the service got it. */
export interface Seen {
  readonly service: string;
  readonly method: string;
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly code?: number;
  readonly text?: string;
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A real service, of which a test says what it does. */
export interface Service {
  /** Its part of the configuration. */
  readonly config: object;
  readonly seen: Seen[];
  /** 'silence': it never answers. */
  answer: (call: Seen) => Reply | 'silence';
  /** It is gone; what it was asked is lost. */
  stop(): Promise<void>;
  /** It is there again, at the same place. */
  start(): Promise<void>;
}

export interface Kind {
  readonly name: string;
  /** Why it cannot run here: then its tests are skipped, or fail where everything has to be there. */
  readonly missing?: string | undefined;
  readonly plugins?: readonly Plugin[];
  service(): Promise<Service>;
}

/** @param more tests of this kind alone */
export function describeBackend(kind: Kind, more: () => void): void {
  const { name, missing } = kind;
  if (missing === undefined) {
    describe(name, () => {
      describeCalls(kind);
      more();
    });
  } else if (process.env.CI === 'true') {
    it(name, () => {
      throw new Error(missing);
    });
  } else it.skip(`${name} (${missing})`);
}

function describeCalls(kind: Kind): void {
  let service: Service;
  let mars: MarsServer;
  let caller: Caller;

  beforeEach(async () => {
    service = await kind.service();
    mars = await startMars(withShop(service.config), {}, kind.plugins);
  });
  afterEach(async () => {
    caller.close();
    await service.stop();
  });

  describe.each([
    ['an XMPP client', xmppCaller, 'juliet@localhost/phone'],
    ['a game client', gameCaller, 'romeo@localhost/game'],
  ] as const)(`called by %s`, (_, logIn, jid) => {
    beforeEach(async () => {
      caller = await logIn(mars);
      await isUp(() => caller.call('Warm'));
      service.seen.length = 0;
    });

    it('answers, and knows who calls', async () => {
      service.answer = ({ body, headers }) => ({ body, headers: { back: headers.lang ?? '' } });
      const body = Uint8Array.of(0, 255, 13, 10, 0x80);
      const answer = await caller.call('Buy', body, { lang: 'grüß %20 日本' });
      const headers = { back: 'grüß %20 日本' };
      expect(answer).toEqual({ code: 0, text: '', body: Buffer.from(body).toString(), headers });
      expect(service.seen).toMatchObject([
        {
          ...{ service: 'Shop', method: 'Buy' },
          headers: { 'tharsis-user': jid.replace(/\/.*/, ''), 'tharsis-session': jid, lang: 'grüß %20 日本' },
        },
      ]);
      expect(Buffer.from(service.seen[0]?.body ?? [])).toEqual(Buffer.from(body));
    });

    it('refuses with a code of its own', async () => {
      service.answer = () => ({ code: 403, text: 'zu teuer: 3 Gülden' });
      expect(await caller.call('Buy')).toMatchObject({ code: 403, text: 'zu teuer: 3 Gülden' });
    });

    it('gets calls one way', async () => {
      service.answer = () => 'silence';
      await caller.callOneWay('Log');
      await expect.poll(() => service.seen.map(({ method }) => method)).toEqual(['Log']);
    });

    it('does not see calls with forged headers', async () => {
      expect(await caller.call('Buy', undefined, { 'Tharsis-User': 'admin@localhost' })).toEqual({
        condition: 'forbidden',
      });
      await caller.call('Look');
      expect(service.seen.map(({ method }) => method)).toEqual(['Look']);
    });

    it('slow, is given up in time', async () => {
      service.answer = () => 'silence';
      const answer = caller.call('Buy');
      await expect.poll(() => service.seen.length).toBe(1);
      mars.clock.advance(5_000);
      expect(await answer).toEqual({ condition: 'remote-server-timeout' });
    });

    it('answers with a body as large as it may be, and one larger is not passed on', async () => {
      service.answer = ({ method }) => ({ body: Buffer.alloc(method === 'Full' ? 65_536 : 65_537, 'x') });
      expect((await caller.call('Full')).body?.length).toBe(65_536);
      expect(await caller.call('TooFull')).toEqual({ condition: 'internal-server-error' });
      service.answer = () => ({});
      expect(await caller.call('Buy')).toMatchObject({ code: 0 });
    });

    it('lying in a header is not passed on', async () => {
      service.answer = () => ({ headers: { 'a-header': '\u0001' } });
      expect(await caller.call('Buy')).toEqual({ condition: 'internal-server-error' });
    });

    it('down, is told from slow, and answers when it is up again', { timeout: 2 * PATIENCE_MS }, async () => {
      await service.stop();
      expect(await caller.call('Buy')).toEqual({ condition: 'recipient-unavailable' });
      await service.start();
      service.answer = () => ({});
      await isUp(() => caller.call('Buy'));
      expect(await caller.call('Buy')).toMatchObject({ code: 0 });
    });
  });

  async function isUp(call: () => Promise<{ condition?: string }>): Promise<void> {
    const outcome = async () => {
      const { condition } = await call();
      // A circuit that has opened meanwhile, and attempts to connect, wait for this.
      if (condition !== undefined) mars.clock.advance(10_000);
      return condition;
    };
    await expect.poll(outcome, { timeout: PATIENCE_MS }).toBeUndefined();
  }
}
