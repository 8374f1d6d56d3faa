/** XEP-0474: what was offered, hashed into SCRAM, so that a client notices when somebody shortened the list */
import type { ScramHash } from './accounts.ts';
import { scramDigest } from './scram-hash.ts';

/** §5.1. Both lists as they were offered; all names are ASCII. @returns base64 */
export function downgradeHash(
  hash: ScramHash,
  mechanisms: readonly string[],
  channelBindings: readonly string[],
): string {
  const lists = channelBindings.length === 0 ? [mechanisms] : [mechanisms, channelBindings];
  const text = lists.map((list) => [...list].sort().join('\x1e')).join('\x1f');
  return scramDigest(hash, Buffer.from(text)).toString('base64');
}
