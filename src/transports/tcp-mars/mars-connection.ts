/** One connection of the Mars protocol: frames in and out, their encryption, and what ends it */
import {
  type ByteLink,
  type ByteSink,
  type Deadline,
  type Flushable,
  type OpenConnection,
  type Peer,
  type Stanza,
  StanzaError,
  StreamError,
  type XmlLimits,
  xmlLimits,
} from '#core';
import {
  type Body,
  BodyError,
  type BodyInit,
  Command,
  decodeBody,
  encodeBody,
  encodeFrame,
  type Frame,
  type FrameDecoder,
  FrameError,
  NoiseError,
} from '#protocol/mars';
import { Encryption, NOISE_BINDING } from './encryption.ts';
import { farewell } from './farewell.ts';
import type { FrameSink } from './frame-sink.ts';
import type { MarsListener } from './listener.ts';
import type { Place } from './place.ts';
import { Quota } from './quota.ts';
import { Request } from './request.ts';
import { type OfferDraft, offerIn } from './stanza-mapping/direct-offer.ts';
import { toBody } from './stanza-mapping/stanza.ts';

/** How long a peer may take to close its side after we closed ours. */
const LINGER_MS = 3_000;

const NOTHING = new Uint8Array(0);

export class MarsConnection implements Place, ByteSink, Flushable, Deadline, OpenConnection {
  readonly peer: Peer;
  readonly listener: MarsListener;
  heardAt: number;
  /** Whom the requests go to. */
  sink: FrameSink;
  stage: 'before login' | 'logged in' = 'before login';
  /** The number of the latest stanza that was pushed; undefined while nobody counts. */
  pushed: number | undefined;
  readonly #link: ByteLink;
  /** Undefined for who speaks for many. */
  #quota: Quota | undefined;
  /** Present while a frame is incomplete. */
  #decoder: FrameDecoder | undefined;
  #encryption: Encryption | undefined;
  /** Of the first frame: the client takes no other. */
  #version: number | undefined;
  #out: Uint8Array[] = [];
  #isClosing = false;

  constructor(link: ByteLink, listener: MarsListener, sink: (connection: MarsConnection) => FrameSink) {
    const { core, config } = listener;
    this.#link = link;
    this.peer = link.peer;
    this.listener = listener;
    this.heardAt = core.clock.now();
    this.#quota = new Quota(config.requests_per_second, this.heardAt);
    core.connections.add(this);
    this.sink = sink(this);
    link.sink = this;
  }

  get secure(): boolean {
    return this.#link.secure || this.#encryption !== undefined;
  }

  get channelBindings(): readonly string[] {
    return this.#encryption === undefined ? this.#link.channelBindings : [NOISE_BINDING];
  }

  channelBinding(type: string): Uint8Array | undefined {
    return type === NOISE_BINDING ? this.#encryption?.handshakeHash : this.#link.channelBinding(type);
  }

  /** It speaks for many, and is trusted. */
  liftQuota(): void {
    this.#quota = undefined;
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  get xmlLimits(): XmlLimits {
    return xmlLimits(this.listener.core.limits, this.stage);
  }

  /** A push, unless it answers a request of this connection. */
  write(stanza: Stanza): void | 'answer' {
    if (this.#isClosing) return;
    if (this.sink.answers(stanza)) return 'answer';
    const offer = offerIn(stanza);
    if (offer !== undefined) return this.#offer(stanza, offer);
    const body = toBody(stanza);
    if (this.pushed !== undefined) {
      this.pushed = (this.pushed + 1) >>> 0;
      body.smSeq = this.pushed;
    }
    this.push(Command.stanza, body);
  }

  /** 1107: of no use later, so it is not numbered. */
  #offer({ attrs: { id = '', from = '', to = '' } }: Stanza, value: OfferDraft): 'answer' {
    this.push(Command.directOffer, { id, from, to, payload: { case: 'directOffer', value } });
    return 'answer';
  }

  /** 1104 */
  askForAck(): void {
    this.push(Command.ackRequest, { smSeq: this.pushed ?? 0 });
  }

  get queued(): number {
    return this.#link.queued;
  }

  push(cmdid: number, body: BodyInit): void {
    this.respond(cmdid, 0, body);
  }

  pushEncoded(cmdid: number, body: Uint8Array): void {
    this.#send(cmdid, 0, body);
  }

  respond(cmdid: number, seq: number, body: BodyInit): void {
    this.#send(cmdid, seq, encodeBody(body));
  }

  #send(cmdid: number, seq: number, body: Uint8Array): void {
    // The first message of ours ends the handshake, and it belongs to the answer.
    if (this.#isClosing || (seq === 0 && this.#encryption?.isBegun)) return;
    try {
      const bytes = this.#encryption === undefined ? body : this.#encryption.seal(cmdid, seq, body);
      this.#queue(encodeFrame(this.#version ?? 0, cmdid, seq, bytes));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      // The client would close the link for it, and then ask for the same again.
      this.#log('a stanza is too long for a frame');
    }
  }

  #queue(frame: Uint8Array): void {
    if (this.#out.push(frame) === 1) this.listener.flusher.add(this);
  }

  flush(): void {
    const out = this.#out;
    if (out.length === 0) return;
    this.#out = [];
    this.#link.write(out.length === 1 ? (out[0] as Uint8Array) : Buffer.concat(out));
    const { queued: bytes } = this.#link;
    if (bytes <= this.listener.core.limits.send_queue_bytes) return;
    this.listener.core.log.info({ peer: this.peer.address, bytes }, 'slow reader disconnected');
    this.#link.destroy();
  }

  drained(): Promise<boolean> {
    if (this.#isClosing) return Promise.resolve(false);
    this.flush();
    return this.#link.drained();
  }

  pause(): void {
    this.#link.pause();
  }

  resume(): void {
    this.#link.resume();
  }

  received(bytes: Buffer): void {
    const { core } = this.listener;
    this.heardAt = core.clock.now();
    if (this.#isClosing) return;
    const { stage } = this;
    const decoder = this.#decoder ?? this.listener.takeDecoder(stage);
    this.#decoder = undefined;
    try {
      decoder.push(bytes, (frame) => this.#frame(frame));
      if (decoder.held > 0) this.#decoder = decoder;
      else this.listener.giveBack(stage, decoder);
    } catch (error) {
      this.#fail(this.#asStreamError(error));
    }
  }

  #frame({ version, cmdid, seq, body }: Frame): void {
    if (this.#isClosing) return;
    this.#version ??= version;
    switch (cmdid) {
      case Command.noop:
        return this.#queue(encodeFrame(this.#version, cmdid, seq, NOTHING));
      case Command.signalling:
        return;
    }
    const waitMs = this.#quota?.take(this.heardAt) ?? 0;
    if (waitMs === Infinity) throw new StreamError('policy-violation', 'too many requests');
    const request = this.#read(cmdid, seq, body);
    if (request === undefined) return;
    if (waitMs > 0) return request.refuse(new StanzaError('resource-constraint', 'too many requests'), waitMs);
    this.#hand(request);
  }

  /** A request that waited for its turn. */
  take(request: Request): void {
    if (this.#isClosing) return;
    try {
      this.#hand(request);
    } catch (error) {
      this.#fail(this.#asStreamError(error));
    }
  }

  #hand(request: Request): void {
    request.attempt(
      () => this.sink.request(request),
      (error) => this.listener.core.log.error({ err: error, cmdid: request.cmdid }, 'a request failed'),
    );
  }

  /** Undefined when it was refused already. */
  #read(cmdid: number, seq: number, bytes: Uint8Array): Request | undefined {
    const plain = this.#encryption === undefined ? bytes : this.#encryption.open(cmdid, seq, bytes);
    try {
      return new Request(this, cmdid, seq, this.#shakenHands(cmdid, decodeBody(plain)));
    } catch (error) {
      if (!(error instanceof BodyError)) throw error;
      this.respond(cmdid, seq, refusal('bad-request', error.message));
    }
  }

  /** What a message of the handshake has inside; a body without one as it is. @throws BodyError, NoiseError */
  #shakenHands(cmdid: number, body: Body): Body {
    if (body.noise.length === 0) return body;
    const isFirst = cmdid === Command.hello || cmdid === Command.resume;
    if (!isFirst || this.#encryption !== undefined || this.stage === 'logged in') {
      throw new BodyError('a handshake begins a connection, with command 1000 or 1002');
    }
    if (this.listener.config.encryption === 'off') throw new BodyError('this listener does not encrypt');
    const encryption = new Encryption(this.listener.keys);
    const inner = encryption.begin(body);
    this.#encryption = encryption;
    return inner;
  }

  /** RFC 6120 §4.9, for clients of this protocol. */
  close(error?: StreamError): void {
    if (this.#isClosing) return;
    if (error !== undefined) {
      const { condition, text } = error;
      this.listener.core.log.info({ peer: this.peer.address, condition, text }, 'stream error');
      const { cmdid, body } = farewell(error);
      this.push(cmdid, body);
    } else this.sink.closing();
    this.#isClosing = true;
    this.#decoder = undefined;
    this.flush();
    this.#link.end();
    this.listener.core.wheel.add(this, LINGER_MS);
  }

  /** One entry of the wheel for all that can fall due. */
  due(now: number): number {
    if (!this.#isClosing) return this.sink.due(now);
    this.#link.destroy();
    return 0;
  }

  /** @param ms `due` is to be called then at the latest */
  wakeIn(ms: number): void {
    if (!this.#isClosing) this.listener.core.wheel.add(this, ms);
  }

  shutdown(): void {
    this.#fail(new StreamError('system-shutdown'));
  }

  abort(): void {
    this.#link.destroy();
  }

  lost(): void {
    const { connections, admission, wheel } = this.listener.core;
    if (!connections.delete(this)) return;
    this.#isClosing = true;
    this.#decoder = undefined;
    admission.leave(this.peer.address);
    wheel.remove(this);
    this.sink.disconnected();
  }

  /** Ends the connection for a fault of the peer, or the server's end: its session is over, and not only lost. */
  #fail(error: StreamError): void {
    this.close(error);
    this.sink.failed();
  }

  /** What is not the peer's fault is a bug of ours: it ends this connection, and no other. */
  #asStreamError(error: unknown): StreamError {
    if (error instanceof StreamError) return error;
    if (error instanceof FrameError) return new StreamError('bad-format', error.message, { cause: error });
    if (error instanceof NoiseError) return new StreamError('policy-violation', error.message, { cause: error });
    this.listener.core.log.error({ err: error, peer: this.peer.address }, 'a connection failed');
    return new StreamError('internal-server-error');
  }

  #log(message: string): void {
    this.listener.core.log.info({ peer: this.peer.address }, message);
  }
}

function refusal(condition: 'bad-request', text: string): BodyInit {
  return { error: { type: 'modify', condition, text, lang: 'en', code: 400 } };
}
