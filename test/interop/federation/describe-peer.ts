/** Suites that need a server of another make: skipped by its name where it is not installed, and failing there when everything has to be */
import { describe, it } from 'vitest';
import { ejabberd } from './ejabberd.ts';
import type { PeerMake, Proof } from './peer.ts';
import { prosody } from './prosody.ts';

const MAKES: readonly PeerMake[] = [prosody, ejabberd];
const PROOFS: readonly Proof[] = ['EXTERNAL', 'dialback'];

export function describePeers(title: string, suite: (make: PeerMake) => void): void {
  for (const make of MAKES) {
    const name = `${title} with ${make.name}`;
    if (make.missing === undefined) describe(name, () => suite(make));
    else if (process.env.CI === 'true') {
      const { missing } = make;
      it(name, () => {
        throw new Error(missing);
      });
    } else it.skip(`${name} (${make.missing})`);
  }
}

/** Each of them by each proof. */
export function describeFederations(title: string, suite: (make: PeerMake, proof: Proof) => void): void {
  describePeers(title, (make) => {
    for (const proof of PROOFS) describe(`by ${proof}`, () => suite(make, proof));
  });
}
