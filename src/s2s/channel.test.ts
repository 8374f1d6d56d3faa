/** The queue of one pair of domains: who waits, for how long, and who is told */
import { beforeEach, describe, expect, it } from 'vitest';
import { type Deadline, iq, Jid, message, ns, type Stanza, type StanzaError, Wheel } from '#core';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { Channel, type ChannelHost } from './channel.ts';
import { ConnectError } from './connect-error.ts';
import type { ResumableStream } from './resumable-stream.ts';
import type { Sent } from './stanza-queue.ts';

const pair = { local: 'capulet.example', remote: 'montague.example' };
const from = Jid.parse('juliet@capulet.example');
const to = Jid.parse('romeo@montague.example');
const ping = ns('urn:xmpp:ping')('ping');
const say = (id: string) => message({ from, to, id });

/** As much of a stream as a channel knows. */
class Stream {
  readonly sent: string[] = [];
  isFull = false;
  isEnding = false;
  owed = 0;
  released = 0;
  readonly direction: 'incoming' | 'outgoing';
  #lostAt: number | undefined;

  constructor(direction: 'incoming' | 'outgoing' = 'outgoing') {
    this.direction = direction;
  }

  get isLost(): boolean {
    return this.#lostAt !== undefined;
  }
  lostMs(now: number): number {
    return now - (this.#lostAt ?? now);
  }
  attach(): boolean {
    return channel.attach(asStream(this));
  }
  send({ stanza }: Sent): void {
    this.sent.push(stanza.id ?? '');
  }
  lose(): void {
    this.#lostAt = clock.now();
    this.isFull = true;
    channel.lost(asStream(this));
  }
  /** On another connection. */
  resume(): void {
    this.#lostAt = undefined;
    this.isFull = false;
    channel.attach(asStream(this));
  }
  /** @param rest what its peer may not have */
  end(...rest: Stanza[]): void {
    const at = clock.now();
    channel.ended(
      asStream(this),
      rest.map((stanza) => ({ stanza, at })),
      false,
    );
  }
  release(): void {
    this.released++;
    this.end();
  }
}
const asStream = (stream: Stream) => stream as unknown as ResumableStream;

let clock: ManualClock;
let channel: Channel;
let dials: { resumes: unknown; resolve(): void; reject(error: ConnectError): void }[];
let refused: string[];
let idle: number;
let spare: number;
let unreachable: number;
const config = { queue_stanzas: 3, queue_bytes: 100_000, queue_seconds: 60, retry_seconds: 8 };

beforeEach(() => {
  clock = new ManualClock();
  const wheel = new Wheel(clock);
  dials = [];
  refused = [];
  idle = 0;
  spare = 0;
  unreachable = 0;
  const host: ChannelHost = {
    config,
    now: () => clock.now(),
    resumptionMs: () => 10_000,
    after: (ms, action) => clock.after(ms, action),
    watch: (deadline: Deadline, ms) => wheel.add(deadline, ms),
    unwatch: (deadline) => wheel.remove(deadline),
    dial: (_, resumes) => new Promise<void>((resolve, reject) => dials.push({ resumes, resolve, reject })),
    refuse: (stanza: Stanza, error: StanzaError) => void refused.push(`${stanza.id} ${error.condition}`),
    unreachable: () => void unreachable++,
    idle: () => void idle++,
    spare: () => void spare++,
  };
  channel = new Channel(pair, host, { stanzas: 0, bytes: 0 });
});

const notFound = () => new ConnectError('remote-server-not-found', 'nobody there', { isFinal: true });
const noAnswer = () => new ConnectError('remote-server-timeout', 'no answer');

async function fail(error: ConnectError): Promise<void> {
  dials.shift()?.reject(error);
  await Promise.resolve();
  await Promise.resolve();
}

/** The condition it throws. */
function refusal(stanza: Stanza): string | undefined {
  try {
    channel.send(stanza);
  } catch (error) {
    return (error as StanzaError).condition;
  }
}

describe('without a stream', () => {
  it('stanzas wait for the one that is opened, in order', () => {
    for (const id of ['1', '2', '3']) channel.send(say(id));
    expect(dials).toHaveLength(1);
    const stream = new Stream();
    stream.attach();
    channel.send(say('4'));
    expect(stream.sent).toEqual(['1', '2', '3', '4']);
  });

  it('nothing but a failure can be forgotten when it is time for another attempt, and not before', async () => {
    channel.send(say('1'));
    await fail(notFound());
    expect([spare, channel.isIdle]).toEqual([0, false]);
    clock.advance(3_000);
    expect([spare, channel.isIdle, idle]).toEqual([1, true, 0]);
    channel.send(say('2'));
    await fail(notFound());
    clock.advance(1_000);
    expect([spare, channel.isIdle]).toEqual([1, false]);
    clock.advance(3_000);
    expect([spare, channel.isIdle]).toEqual([2, true]);
  });

  it('no more wait than may', () => {
    for (const id of ['1', '2', '3']) channel.send(say(id));
    expect(refusal(say('4'))).toBe('resource-constraint');
    new Stream().attach();
    expect(refusal(say('5'))).toBeUndefined();
  });

  it('all are refused when there is no such server, and those after them at once, until it is tried again', async () => {
    channel.send(say('1'));
    channel.send(say('2'));
    await fail(notFound());
    expect(refused).toEqual(['1 remote-server-not-found', '2 remote-server-not-found']);
    expect(refusal(say('3'))).toBe('remote-server-not-found');
    expect(dials).toHaveLength(0);
    clock.advance(1_000);
    expect(refusal(say('4'))).toBeUndefined();
    expect(dials).toHaveLength(1);
  });

  it('they wait for a server that does not answer now, which is tried at growing intervals', async () => {
    channel.send(say('1'));
    const waits = [1_000, 2_000, 4_000, 8_000, 8_000];
    for (const wait of waits) {
      await fail(noAnswer());
      clock.advance(wait - 1);
      expect(dials).toHaveLength(0);
      clock.advance(1);
      expect(dials).toHaveLength(1);
    }
    expect(refused).toEqual([]);
    new Stream().attach();
    expect(channel.state).toBe('open');
  });

  it('they wait no longer than until the other server shows that it is there', async () => {
    channel.send(say('1'));
    await fail(noAnswer());
    expect(dials).toHaveLength(0);
    channel.heard();
    expect(dials).toHaveLength(1);
    channel.heard();
    expect(dials).toHaveLength(1);
  });

  it('they wait no longer than they may', async () => {
    channel.send(say('1'));
    await fail(noAnswer());
    clock.advance(30_000);
    channel.send(say('2'));
    clock.advance(31_500);
    expect(refused).toEqual(['1 remote-server-timeout']);
    await fail(noAnswer());
    expect(refused).toEqual(['1 remote-server-timeout', '2 remote-server-timeout']);
    expect(refusal(say('3'))).toBe('remote-server-timeout');
  });

  it('it is told once that the server is not to be reached, until it was', async () => {
    for (let n = 0; n < 3; n++) {
      channel.send(say(`${n}`));
      await fail(notFound());
      clock.advance(10_000);
    }
    expect(unreachable).toBe(1);
    const stream = new Stream();
    stream.attach();
    stream.end();
    channel.send(say('4'));
    clock.advance(70_000);
    expect(unreachable).toBe(2);
  });
});

describe('with a stream', () => {
  let stream: Stream;
  beforeEach(() => {
    stream = new Stream();
    stream.attach();
  });

  it('what it does not take now waits, and nothing overtakes it', () => {
    channel.send(say('1'));
    stream.isFull = true;
    channel.send(say('2'));
    stream.isFull = false;
    channel.send(say('3'));
    expect(stream.sent).toEqual(['1']);
    channel.drain();
    expect(stream.sent).toEqual(['1', '2', '3']);
  });

  it('another one is not used before that is over', () => {
    const other = new Stream('incoming');
    other.attach();
    channel.send(say('1'));
    expect([stream.sent, other.sent]).toEqual([['1'], []]);
    stream.isEnding = true;
    stream.isFull = true;
    channel.send(say('2'));
    expect([stream.sent, other.sent]).toEqual([['1'], []]);
    stream.end();
    expect(other.sent).toEqual(['2']);
    expect(dials).toHaveLength(0);
  });

  it('what its peer may not have goes first on the next one; a request goes back instead', () => {
    stream.end(say('1'), iq({ type: 'get', id: '2', from, to }, ping), say('3'));
    expect(refused).toEqual(['2 remote-server-timeout']);
    channel.send(say('4'));
    const next = new Stream();
    next.attach();
    expect(next.sent).toEqual(['1', '3', '4']);
  });

  it('what its peer certainly does not have goes first on the next one, requests as well', () => {
    const stanza = iq({ type: 'get', id: '1', from, to }, ping);
    channel.ended(asStream(stream), [{ stanza, at: clock.now() }], true);
    const next = new Stream();
    next.attach();
    expect(next.sent).toEqual(['1']);
  });

  it('it is forgotten when it is over and nothing waits', () => {
    stream.end();
    expect(idle).toBe(1);
    expect(channel.isIdle).toBe(true);
    expect(dials).toHaveLength(0);
  });

  it('a server that was there is waited for, also when nobody takes connections for it now', async () => {
    stream.end();
    channel.send(say('1'));
    await fail(notFound());
    expect(refused).toEqual([]);
    expect(channel.state).toBe('failing');
  });
});

describe('a stream whose connection is lost', () => {
  it('is resumed at once where we began it, and stanzas wait for that', () => {
    const stream = new Stream();
    stream.attach();
    stream.lose();
    channel.send(say('1'));
    expect(dials.map(({ resumes }) => resumes)).toEqual([stream]);
    expect(channel.state).toBe('connecting');
    stream.resume();
    expect(stream.sent).toEqual(['1']);
    expect(stream.released).toBe(0);
  });

  it('is resumed where we began it also while another carries the stanzas, as its peer may send on it', () => {
    const [theirs, ours] = [new Stream('incoming'), new Stream()];
    theirs.attach();
    ours.attach();
    ours.lose();
    expect(dials.map(({ resumes }) => resumes)).toEqual([ours]);
    channel.send(say('1'));
    expect(theirs.sent).toEqual(['1']);
  });

  it('is tried for as long as stanzas wait at most, and then given up', async () => {
    const stream = new Stream();
    stream.attach();
    stream.lose();
    for (let n = 0; n < 20 && stream.released === 0; n++) {
      await fail(noAnswer());
      clock.advance(8_000);
    }
    expect(stream.released).toBe(1);
    expect(clock.now()).toBeGreaterThanOrEqual(60_000);
    expect(dials).toHaveLength(0);
  });

  it('is waited for a while where the other server began it; then we open one', () => {
    const stream = new Stream('incoming');
    stream.attach();
    stream.lose();
    channel.send(say('1'));
    clock.advance(9_000);
    expect(dials).toHaveLength(0);
    clock.advance(4_000);
    expect(stream.released).toBe(1);
    expect(dials).toHaveLength(1);
  });

  it('is not replaced by another one, on which what it has brought over would come twice', () => {
    const stream = new Stream();
    stream.attach();
    stream.lose();
    channel.send(say('1'));
    const theirs = new Stream('incoming');
    theirs.attach();
    expect([stream.released, theirs.sent]).toEqual([0, []]);
  });

  it('is given up when the other server began it and begins another one instead of going on', () => {
    const stream = new Stream('incoming');
    stream.attach();
    stream.lose();
    channel.send(say('1'));
    const next = new Stream('incoming');
    next.attach();
    expect([stream.released, next.sent]).toEqual([1, ['1']]);
  });

  it('is waited for as long as it lasts when nothing is to be sent', () => {
    const stream = new Stream('incoming');
    stream.attach();
    stream.lose();
    clock.advance(50_000);
    expect(stream.released).toBe(0);
  });
});
