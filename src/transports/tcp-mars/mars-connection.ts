/** One connection of the Mars protocol: frames in and out, their encryption, and what ends it */
import { type ByteLink, type Stanza, StanzaError, StreamError, type XmlLimits, xmlLimits } from '#core';
import {
  type Body,
  BodyError,
  type BodyInit,
  Command,
  decodeBody,
  encodeBody,
  encodeFrame,
  type Frame,
  FrameError,
  NoiseError,
} from '#protocol/mars';
import { Encryption, NOISE_BINDING } from './encryption.ts';
import { farewell } from './farewell.ts';
import { FrameConnection } from './frame-connection.ts';
import type { FrameSink } from './frame-sink.ts';
import type { MarsListener } from './listener.ts';
import type { Place } from './place.ts';
import { Quota } from './quota.ts';
import { Request } from './request.ts';
import { type OfferDraft, offerIn } from './stanza-mapping/direct-offer.ts';
import { toBody } from './stanza-mapping/stanza.ts';

const NOTHING = new Uint8Array(0);

export class MarsConnection extends FrameConnection<MarsListener> implements Place {
  /** Whom the requests go to. */
  sink: FrameSink;
  stage: 'before login' | 'logged in' = 'before login';
  /** The number of the latest stanza that was pushed; undefined while nobody counts. */
  pushed: number | undefined;
  /** Undefined for who speaks for many. */
  #quota: Quota | undefined;
  #encryption: Encryption | undefined;
  /** Of the first frame: the client takes no other. */
  #version: number | undefined;

  constructor(link: ByteLink, listener: MarsListener, sink: (connection: MarsConnection) => FrameSink) {
    super(link, listener);
    this.#quota = new Quota(listener.config.requests_per_second);
    this.sink = sink(this);
  }

  get secure(): boolean {
    return this.link.secure || this.#encryption !== undefined;
  }

  get channelBindings(): readonly string[] {
    return this.#encryption === undefined ? this.link.channelBindings : [NOISE_BINDING];
  }

  channelBinding(type: string): Uint8Array | undefined {
    return type === NOISE_BINDING ? this.#encryption?.handshakeHash : this.link.channelBinding(type);
  }

  /** It speaks for many, and is trusted. */
  liftQuota(): void {
    this.#quota = undefined;
  }

  protected get frameBytes(): number {
    return this.listener.frameBytes(this.stage);
  }

  get xmlLimits(): XmlLimits {
    return xmlLimits(this.listener.core.limits, this.stage);
  }

  /** A push, unless it answers a request of this connection. */
  write(stanza: Stanza): void | 'answer' {
    if (this.isClosing) return;
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
    return this.link.queued;
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
    if (this.isClosing || (seq === 0 && this.#encryption?.isBegun)) return;
    try {
      const bytes = this.#encryption === undefined ? body : this.#encryption.seal(cmdid, seq, body);
      this.queue(encodeFrame(this.#version ?? 0, cmdid, seq, bytes));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      // The client would close the link for it, and then ask for the same again.
      this.#log('a stanza is too long for a frame');
    }
  }

  protected frame({ version, cmdid, seq, body }: Frame): void {
    this.#version ??= version;
    switch (cmdid) {
      case Command.noop:
        return this.queue(encodeFrame(this.#version, cmdid, seq, NOTHING));
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
    if (this.isClosing) return;
    try {
      this.#hand(request);
    } catch (error) {
      this.failed(error);
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
    if (this.isClosing) return;
    if (error !== undefined) {
      const { condition, text } = error;
      this.listener.core.log.info({ peer: this.peer.address, condition, text }, 'stream error');
      const { cmdid, body } = farewell(error);
      this.push(cmdid, body);
    } else this.sink.closing();
    this.end();
  }

  protected openDue(now: number): number {
    return this.sink.due(now);
  }

  shutdown(): void {
    this.#fail(new StreamError('system-shutdown'));
  }

  protected failed(error: unknown): void {
    this.#fail(this.#asStreamError(error));
  }

  protected gone(): void {
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
