/** One test per way of connecting and story: told by clients of a kind to a fresh server */
import { describe, it } from 'vitest';
import {
  type Account,
  type Client,
  type Device,
  type Guest,
  type Moderator,
  PATIENCE_MS,
  type Reader,
  type RestingDevice,
  type Survivor,
} from './client.ts';
import { tellStoryOfModeration, tellStoryOfRoom } from './room-story.ts';
import { type InteropServer, startServer } from './server.ts';
import {
  tellStory,
  tellStoryOfCuts,
  tellStoryOfDevices,
  tellStoryOfHistory,
  tellStoryOfResending,
  tellStoryOfRest,
} from './story.ts';
import { weakAccess } from './weak-link.ts';

/** Makes a client, by how it connects. */
export type Ways<C extends Client = Client> = Record<string, (server: InteropServer, account: Account) => C>;

/** `missing` says why the client cannot run here: then its tests are skipped, or fail where everything has to be there. */
export function describeClient(name: string, ways: Ways, missing?: string): void {
  describe(name, () => {
    for (const [way, make] of Object.entries(ways)) {
      story(`logs in ${way}, makes a contact, talks and leaves`, make, missing, async (client) => {
        await tellStory(await client('alice'), await client('bob'));
      });
    }
  });
}

/** The same, for clients that can be one of several devices of an account. */
export function describeDevices(name: string, ways: Ways<Device>, missing?: string): void {
  describe(name, () => {
    for (const [way, make] of Object.entries(ways)) {
      story(`keeps in step with another device ${way}`, make, missing, async (client) => {
        await tellStoryOfDevices(await client('alice', 'desk'), await client('alice', 'phone'), await client('bob'));
      });
    }
  });
}

/** The same, for those that can rest. */
export function describeRest(name: string, ways: Ways<RestingDevice>, missing?: string): void {
  describe(name, () => {
    for (const [way, make] of Object.entries(ways)) {
      story(`rests and wakes ${way}`, make, missing, async (client) => {
        await tellStoryOfRest(await client('alice', 'desk'), await client('alice', 'phone'), await client('bob'));
      });
    }
  });
}

/** The same, for those that read the archive. */
export function describeHistory(name: string, ways: Ways<Reader>, missing?: string): void {
  describe(name, () => {
    for (const [way, make] of Object.entries(ways)) {
      story(`catches up with what it missed ${way}`, make, missing, tellStoryOfHistory);
    }
  });
}

/** The same, for those that talk in rooms. */
export function describeGuests(name: string, ways: Ways<Guest>, missing?: string): void {
  describe(name, () => {
    for (const [way, make] of Object.entries(ways)) {
      story(`makes a room, invites, talks and kicks ${way}`, make, missing, async (client) => {
        await tellStoryOfRoom(await client('alice'), await client('bob'));
      });
    }
  });
}

/** The same, for those that moderate. */
export function describeModerators(name: string, ways: Ways<Moderator>, missing?: string): void {
  describe(name, () => {
    for (const [way, make] of Object.entries(ways)) {
      story(`moderates a room and reads its archive ${way}`, make, missing, async (client) => {
        await tellStoryOfModeration(await client('alice'), await client('bob'), await client('carol'));
      });
    }
  });
}

/** The same, for those that resume their sessions. */
export function describeResumption(name: string, ways: Ways<Survivor>, missing?: string): void {
  describeOverWeakLinks(name, 'goes on when its link is cut', tellStoryOfCuts, ways, missing);
}

/** The same, for those that then say again what did not arrive. */
export function describeResending(name: string, ways: Ways<Survivor>, missing?: string): void {
  describeOverWeakLinks(name, 'says again what was lost with its link', tellStoryOfResending, ways, missing);
}

function describeOverWeakLinks(
  name: string,
  title: string,
  tell: typeof tellStoryOfCuts,
  ways: Ways<Survivor>,
  missing: string | undefined,
): void {
  describe(name, () => {
    for (const [way, make] of Object.entries(ways)) {
      story(`${title} ${way}`, make, missing, async (client, server) => {
        const access = await weakAccess(server);
        try {
          await tell(await client('alice', undefined, access.server), await client('bob'), access);
        } finally {
          for (const link of access.links) link.close();
        }
      });
    }
  });
}

function story<C extends Client>(
  title: string,
  make: (server: InteropServer, account: Account) => C,
  missing: string | undefined,
  tell: (
    client: (user: string, resource?: string, access?: InteropServer) => Promise<C>,
    server: InteropServer,
  ) => Promise<void>,
): void {
  if (missing !== undefined && process.env.CI !== 'true') {
    it.skip(`${title} (${missing})`);
    return;
  }
  it(title, { timeout: 4 * PATIENCE_MS }, async () => {
    if (missing !== undefined) throw new Error(missing);
    const server = await startServer();
    const cleanUp = [() => server.stop()];
    const accounts = new Map<string, Account>();
    try {
      await tell(async (user, resource, access = server) => {
        const account = accounts.get(user) ?? (await server.addAccount(user));
        accounts.set(user, account);
        const client = make(access, resource === undefined ? account : { ...account, resource });
        cleanUp.push(() => client.close());
        return client;
      }, server);
    } finally {
      for (const step of cleanUp.reverse()) await step();
    }
  });
}
