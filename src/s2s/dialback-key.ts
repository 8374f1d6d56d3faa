/** XEP-0185: Dialback Key Generation and Validation */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** The domains and the stream a key is for, as §2 names them. */
export interface KeyOf {
  readonly receiving: string;
  readonly originating: string;
  readonly streamId: string;
}

export class DialbackKeys {
  readonly #secret: string;

  /** @param secret known to nobody else */
  constructor(secret: string | Buffer = randomBytes(32)) {
    // §2 note 4: in hexadecimal form it is the key of the HMAC
    this.#secret = createHash('sha256').update(secret).digest('hex');
  }

  make({ receiving, originating, streamId }: KeyOf): string {
    return createHmac('sha256', this.#secret).update(`${receiving} ${originating} ${streamId}`).digest('hex');
  }

  isValid(key: string, of: KeyOf): boolean {
    const [given, wanted] = [Buffer.from(key), Buffer.from(this.make(of))];
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
}
