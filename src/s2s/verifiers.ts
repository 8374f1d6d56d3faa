/** XEP-0220 §2.1.2: streams for the sole purpose of asking servers about keys, each closed when it has no question left */
import type { Clock } from '#core';
import { ConnectError } from './connect-error.ts';
import type { Patience, Verdict } from './dialback.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import type { Pair } from './pair.ts';

interface Verifier {
  readonly stream: Promise<OutgoingStream>;
  questions: number;
}

export class Verifiers {
  readonly #byDomain = new Map<string, Verifier>();
  /** When an answer is not waited for any longer. */
  readonly patience: Patience;
  readonly #dial: (pair: Pair) => Promise<OutgoingStream>;

  constructor(clock: Clock, patienceMs: number, dial: (pair: Pair) => Promise<OutgoingStream>) {
    this.patience = (over) => clock.after(patienceMs, over);
    this.#dial = dial;
  }

  /** Never rejects. */
  async verify(pair: Pair, streamId: string, key: string): Promise<Verdict> {
    const known = this.#byDomain.get(pair.remote);
    const verifier = known ?? { stream: this.#dial(pair), questions: 0 };
    this.#byDomain.set(pair.remote, verifier);
    verifier.questions++;
    try {
      const stream = await verifier.stream;
      return await stream.verify(pair, streamId, key, this.patience);
    } catch (error) {
      // §2.5
      return { error: error instanceof ConnectError ? conditionOf(error) : 'internal-server-error' };
    } finally {
      verifier.questions--;
      if (verifier.questions === 0) {
        this.#byDomain.delete(pair.remote);
        verifier.stream.then(
          (stream) => stream.finish(),
          () => {},
        );
      }
    }
  }
}

function conditionOf({ condition }: ConnectError): 'remote-server-not-found' | 'remote-server-timeout' {
  return condition === 'remote-server-not-found' ? condition : 'remote-server-timeout';
}
