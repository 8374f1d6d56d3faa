/** Clients that change rosters and accounts without a pause, until their server dies */

import { printXml } from '../scenarios/runner/xml.ts';
import type { Random } from '../support/random.ts';
import { base64, RawTcpClient } from '../support/raw-client.ts';
import type { Ledger, Value } from './ledger.ts';

export const PASSWORD = 'secret';
const CONTACTS = 20;
/** Requests on their way at once on one stream. */
const DEPTH = 4;

export interface Surroundings {
  /** Of the server that runs at present. */
  readonly port: number;
  readonly ledger: Ledger;
  readonly random: Random;
  command(name: string, input: object): Promise<unknown>;
}

/** What a change does, and the request that asks for it. */
interface Change {
  readonly key: string;
  readonly value: Value;
  readonly request: string;
}

/** Sends all at once; resolves when all are acknowledged. @throws Error when one is refused or the connection is lost */
async function send(client: RawTcpClient, ledger: Ledger, changes: readonly Change[]): Promise<void> {
  for (const { key, value } of changes) ledger.begin(key, value);
  client.send(changes.map(({ request }, id) => `<iq type='set' id='${id}'>${request}</iq>`).join(''));
  for (let left = changes.length; left > 0; ) {
    const answer = await client.find('iq');
    const key = changes[Number(answer.attrs.id)]?.key;
    if (answer.attrs.type !== 'result' || key === undefined) throw new Error(`refused: ${printXml(answer)}`);
    ledger.acknowledge(key);
    left--;
  }
}

/** Of an item of a roster: its name, and one or two groups. */
function newValue(random: Random): string {
  return Array.from({ length: 2 + random.below(2) }, () => `v${random.below(1_000_000)}`).join(' ');
}

function rosterSet(account: string, contact: string, value: Value): Change {
  const [name, ...groups] = value?.split(' ') ?? [];
  const inside =
    value === undefined
      ? ` subscription='remove'/>`
      : ` name='${name}'>${groups.map((group) => `<group>${group}</group>`).join('')}</item>`;
  const request = `<query xmlns='jabber:iq:roster'><item jid='${contact}'${inside}</query>`;
  return { key: `${account}/${contact}`, value, request };
}

function registration(username: string, password: string): Change {
  const fields = `<username>${username}</username><password>${password}</password>`;
  return { key: username, value: password, request: `<query xmlns='jabber:iq:register'>${fields}</query>` };
}

/** A user who sets and removes contacts, and now and then another password. */
export async function keepRoster(account: string, { port, ledger, random }: Surroundings): Promise<never> {
  const client = await RawTcpClient.connect(port);
  await client.logIn(account, ledger.value(account) ?? '', 'writer');
  for (;;) {
    const first = random.below(CONTACTS);
    const changes = Array.from({ length: DEPTH }, (_, n) => {
      const contact = `contact-${(first + n) % CONTACTS}@example.org`;
      const isThere = ledger.value(`${account}/${contact}`) !== undefined;
      return rosterSet(account, contact, isThere && random.below(3) === 0 ? undefined : newValue(random));
    });
    if (random.below(4) === 0) changes.push(registration(account, `p${random.below(1_000_000)}`));
    await send(client, ledger, changes);
  }
}

/** Somebody who registers one account after the other (XEP-0077 §3.1). */
export async function register(prefix: string, { port, ledger, random }: Surroundings): Promise<never> {
  const client = await RawTcpClient.connect(port);
  await client.features();
  for (;;)
    await send(client, ledger, [registration(`${prefix}-${ledger.keys().length}`, `p${random.below(1_000_000)}`)]);
}

/** An administrator whose accounts fill their rosters and are deleted. */
export async function administer(prefix: string, { port, ledger, random, command }: Surroundings): Promise<never> {
  const act = async (name: string, account: string, password: Value) => {
    ledger.begin(account, password);
    await command(name, { jid: `${account}@localhost`, ...(password !== undefined && { password }) });
    ledger.acknowledge(account);
  };
  for (let n = 0; ; n++) {
    const account = `${prefix}-${n}`;
    await act('user.add', account, PASSWORD);
    const password = `p${random.below(1_000_000)}`;
    await act('user.passwd', account, password);
    const client = await RawTcpClient.connect(port);
    await client.logIn(account, password);
    const contacts = Array.from({ length: DEPTH }, (_, n) => `contact-${n}@example.org`);
    await send(
      client,
      ledger,
      contacts.map((contact) => rosterSet(account, contact, newValue(random))),
    );
    await act('user.delete', account, undefined);
    client.destroy();
  }
}

/** Whether this is how the writers end when the server is killed. */
export function isLoss(error: unknown): boolean {
  return /the connection was closed|ECONN|went away before it answered|no server runs on/.test(String(error));
}

/** The roster of a user who has logged in, by contact. */
export async function readRoster(client: RawTcpClient): Promise<ReadonlyMap<string, string>> {
  client.send(`<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>`);
  const answer = printXml(await client.find('iq'));
  const items = answer.matchAll(/<item jid='([^']*)' name='([^']*)'[^>]*>(.*?)<\/item>/g);
  return new Map(
    [...items].map(([, contact = '', name, groups = '']) => {
      const inside = [...groups.matchAll(/<group>(.*?)<\/group>/g)].map(([, group]) => group);
      return [contact, [name, ...inside].join(' ')];
    }),
  );
}

/** Logs in with the first of these passwords that is right; undefined when none is. */
export async function logInWithOne(port: number, account: string, passwords: readonly Value[]) {
  const client = await RawTcpClient.connect(port);
  await client.features();
  for (const password of passwords) {
    if (password === undefined) continue;
    client.auth('PLAIN', base64(`\0${account}\0${password}`));
    if ((await client.outcome()).success === undefined) continue;
    await client.bind('reader');
    return { client, password };
  }
  client.destroy();
  return undefined;
}
