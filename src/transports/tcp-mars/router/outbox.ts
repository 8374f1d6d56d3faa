/** What users behind a router are sent: it leaves together, and what several are sent alike leaves once */
import type { Stanza } from '#core';
import { type BodyInit, Command } from '#protocol/mars';
import { toBody } from '../stanza-mapping/stanza.ts';

export interface OutboxLimits {
  readonly flushMs: number;
  readonly flushBytes: number;
}

/** Somebody behind the router. */
export interface Recipient {
  readonly uid: string;
}

interface Entry {
  readonly stanza: Stanza;
  readonly uids: string[];
}

export class Outbox<R extends Recipient> {
  readonly #limits: OutboxLimits;
  readonly #send: (cmdid: number, body: BodyInit) => void;
  readonly #sent: (recipients: readonly R[]) => void;
  readonly #after: (ms: number, action: () => void) => () => void;
  #entries: Entry[] = [];
  /** The latest entry for each: what a user gets stays in order. */
  #latest = new Map<R, number>();
  /** By content, the latest entry that has it. The stanzas of one broadcast share their children. */
  readonly #alike = new Map<object, number>();
  #bytes = 0;
  #cancel: (() => void) | undefined;

  /**
   * @param sent told who was sent something, each time that all leaves
   * @param after a timer
   */
  constructor(
    limits: OutboxLimits,
    send: (cmdid: number, body: BodyInit) => void,
    sent: (recipients: readonly R[]) => void,
    after: (ms: number, action: () => void) => () => void,
  ) {
    this.#limits = limits;
    this.#send = send;
    this.#sent = sent;
    this.#after = after;
  }

  add(recipient: R, stanza: Stanza): void {
    const { uid } = recipient;
    const at = this.#alike.get(stanza.children) ?? -1;
    const entry = this.#entries[at];
    if (entry !== undefined && isAlike(entry.stanza, stanza) && (this.#latest.get(recipient) ?? -1) < at) {
      entry.uids.push(uid);
      this.#latest.set(recipient, at);
      this.#bytes += uid.length;
    } else {
      const place = this.#entries.push({ stanza, uids: [uid] }) - 1;
      if (stanza.children.length > 0) this.#alike.set(stanza.children, place);
      this.#latest.set(recipient, place);
      this.#bytes += stanza.size + uid.length;
    }
    if (this.#bytes >= this.#limits.flushBytes) this.flush();
    else this.#cancel ??= this.#after(this.#limits.flushMs, () => this.flush());
  }

  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const entries = this.#entries;
    if (entries.length === 0) return;
    const recipients = [...this.#latest.keys()];
    this.#entries = [];
    this.#latest = new Map();
    this.#alike.clear();
    this.#bytes = 0;
    const batch: BodyInit[] = [];
    for (const { stanza, uids } of entries) {
      const [uid = ''] = uids;
      if (uids.length === 1) batch.push({ ...toBody(stanza), uid });
      else {
        this.#sendBatch(batch.splice(0));
        const body = { ...toBody(stanza), to: '' };
        this.#send(Command.multiPush, { payload: { case: 'multiPush', value: { uids, body } } });
      }
    }
    this.#sendBatch(batch);
    this.#sent(recipients);
  }

  #sendBatch(bodies: readonly BodyInit[]): void {
    const [only] = bodies;
    if (only === undefined) return;
    if (bodies.length === 1) this.#send(Command.stanza, only);
    else this.#send(Command.batch, { payload: { case: 'batch', value: { bodies: bodies } } });
  }
}

/** The same but for whom it is to. */
function isAlike({ attrs: one, kind }: Stanza, other: Stanza): boolean {
  if (kind !== other.kind) return false;
  for (const name in one) if (name !== 'to' && one[name] !== other.attrs[name]) return false;
  for (const name in other.attrs) if (!(name in one)) return false;
  return true;
}
