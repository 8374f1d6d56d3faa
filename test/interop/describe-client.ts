/** One test per way of connecting: the same story, told by two clients of a kind to a fresh server */
import { afterEach, beforeEach, describe, it } from 'vitest';
import { type Account, type Client, PATIENCE_MS } from './client.ts';
import { type InteropServer, startServer } from './server.ts';
import { tellStory } from './story.ts';

export type MakeClient = (server: InteropServer, account: Account) => Client;

/** `missing` says why the client cannot run here: then its tests are skipped, or fail where everything has to be there. */
export function describeClient(name: string, ways: Record<string, MakeClient>, missing?: string): void {
  describe(name, () => {
    let server: InteropServer;
    let cleanUp: (() => Promise<void>)[];

    beforeEach(async () => {
      server = await startServer();
      cleanUp = [() => server.stop()];
    });

    afterEach(async () => {
      for (const step of cleanUp.reverse()) await step();
    });

    for (const [way, make] of Object.entries(ways)) {
      const title = `logs in ${way}, makes a contact, talks and leaves`;
      if (missing !== undefined && process.env.CI !== 'true') {
        it.skip(`${title} (${missing})`);
        continue;
      }
      it(title, { timeout: 4 * PATIENCE_MS }, async () => {
        if (missing !== undefined) throw new Error(missing);
        const clients: Client[] = [];
        for (const user of ['alice', 'bob']) {
          const client = make(server, await server.addAccount(user));
          cleanUp.push(() => client.close());
          clients.push(client);
        }
        const [alice, bob] = clients as [Client, Client];
        await tellStory(alice, bob);
      });
    }
  });
}
