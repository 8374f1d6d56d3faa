/** XEP-0480 §3: keys for a stronger hash, which only the client can make of its password */
import { randomBytes } from 'node:crypto';
import { type Accounts, SaslError, SCRAM_HASHES, type ScramHash, type ScramUpgrade } from '../auth/index.ts';
import { type Element, ns } from '../xml/index.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';

const NS_UPGRADE = 'urn:xmpp:sasl:upgrade:0';
const offer = ns(NS_UPGRADE);
const upgrade = ns('urn:xmpp:scram-upgrade:0');

const SALT_BYTES = 16;
const PREFIX = 'UPGR-SCRAM-';
/** What an account can be upgraded to; the others are the ones it may come from. */
const STRONGER: readonly ScramHash[] = ['SHA-256', 'SHA-512'];

/** §2.1: children of <authentication/>, for the hashes whose mechanisms are used here. */
export function upgradeOffers(mechanisms: readonly string[]): Element[] {
  const hashes = STRONGER.filter((hash) => mechanisms.includes(`SCRAM-${hash}`));
  return hashes.map((hash) => offer('upgrade', {}, `${PREFIX}${hash}`));
}

/**
 * §2.2: the tasks a login asks for that are of use. Who did not show that he knows the password cannot set keys that stand for it.
 */
export async function upgradeTasks(
  { scramUpgrade }: Accounts,
  username: string,
  mechanism: string,
  authenticate: Element,
): Promise<UpgradeTask[]> {
  const wishes = authenticate.elements('upgrade', NS_UPGRADE).map((element) => element.text());
  if (scramUpgrade === undefined || wishes.length === 0 || !/^(?:SCRAM-|PLAIN$)/.test(mechanism)) return [];
  const missing = await scramUpgrade.missing(username);
  return STRONGER.filter((hash) => missing.includes(hash) && wishes.includes(`${PREFIX}${hash}`)).map(
    (hash) => new UpgradeTask(scramUpgrade, username, hash),
  );
}

export class UpgradeTask {
  readonly name: string;
  readonly #upgrade: ScramUpgrade;
  readonly #username: string;
  readonly #hash: ScramHash;
  #salt: Uint8Array | undefined;

  constructor(scramUpgrade: ScramUpgrade, username: string, hash: ScramHash) {
    this.name = `${PREFIX}${hash}`;
    this.#upgrade = scramUpgrade;
    this.#username = username;
    this.#hash = hash;
  }

  /** What the client needs to make SaltedPassword. */
  begin(): Element {
    this.#salt = randomBytes(SALT_BYTES);
    return upgrade('salt', { iterations: `${this.#upgrade.iterations}` }, encodeBase64(this.#salt));
  }

  /** Keeps the keys. @param data the client's <task-data/> @throws SaslError malformed-request, incorrect-encoding */
  async finish(data: Element): Promise<void> {
    const salted = decodeBase64((data.childText('hash', 'urn:xmpp:scram-upgrade:0') ?? '').trim());
    if (this.#salt === undefined || salted.length !== SCRAM_HASHES[this.#hash].bytes) {
      throw new SaslError('malformed-request', `not a salted password of ${this.#hash}`);
    }
    await this.#upgrade.add(this.#username, this.#hash, salted, this.#salt);
    this.#salt = undefined;
  }
}
