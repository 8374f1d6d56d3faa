/** One connection of the Mars protocol: frames in and out, their encryption, and what ends it */
import {
  type ByteLink,
  type Stanza,
  type StanzaCondition,
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
  encodeFrame,
  type Frame,
  FrameEncoder,
  HEADER_BYTES,
  MAX_FRAME_BYTES,
  NoiseError,
  PUSH_SEQ,
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
import { errorBody } from './stanza-mapping/error.ts';
import { toBody } from './stanza-mapping/stanza.ts';

const NOTHING = new Uint8Array(0);

/** Above what the header and encryption add. */
const FRAME_RESERVE_BYTES = 1_024;
const MOST_BODY_BYTES = MAX_FRAME_BYTES - FRAME_RESERVE_BYTES;

/** Of Node's own kind, which sockets take as they are. */
const frames = new FrameEncoder((bytes) => Buffer.allocUnsafeSlow(bytes));

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
    this.#quota = new Quota(listener.quotaRate);
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
    if (this.pushed !== undefined) body.smSeq = (this.pushed + 1) >>> 0;
    const frame = this.#encode(Command.stanza, PUSH_SEQ, body);
    if (frame === undefined) return this.#tooLong(stanza);
    if (this.pushed !== undefined) this.pushed = body.smSeq;
    this.#send(Command.stanza, PUSH_SEQ, frame);
  }

  /** The client would close the link for it, and then ask for the same again. It is not numbered. */
  #tooLong(stanza: Stanza): 'answer' {
    this.#log('a stanza is too long for a frame');
    const error = new StanzaError('policy-violation', 'this is too long for the client it is for');
    void this.listener.core.router.refuse(stanza, error);
    return 'answer';
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
    this.respond(cmdid, PUSH_SEQ, body);
  }

  pushEncoded(cmdid: number, body: Uint8Array): void {
    if (body.length <= MOST_BODY_BYTES)
      this.#send(cmdid, PUSH_SEQ, encodeFrame(this.#version ?? 0, cmdid, PUSH_SEQ, body));
    else this.#log('a push is too long for a frame');
  }

  respond(cmdid: number, seq: number, body: BodyInit): void {
    const frame = this.#encode(cmdid, seq, body);
    if (frame !== undefined) return this.#send(cmdid, seq, frame);
    this.#log('an answer is too long for a frame');
    if (seq === PUSH_SEQ) return;
    const { id = '' } = body;
    const refused = refusal('policy-violation', 'the answer is too long for a frame');
    const answer = this.#encode(cmdid, seq, { id, ...refused });
    if (answer !== undefined) this.#send(cmdid, seq, answer);
  }

  /** Undefined when it is too long. */
  #encode(cmdid: number, seq: number, body: BodyInit): Uint8Array | undefined {
    return frames.encode(this.#version ?? 0, cmdid, seq, body, HEADER_BYTES + MOST_BODY_BYTES);
  }

  /** @param frame not encrypted */
  #send(cmdid: number, seq: number, frame: Uint8Array): void {
    // The first message of ours ends the handshake, and it belongs to the answer.
    if (this.isClosing || (seq === PUSH_SEQ && this.#encryption?.isBegun)) return;
    const sealed = this.#encryption?.seal(cmdid, seq, frame.subarray(HEADER_BYTES));
    this.queue(sealed === undefined ? frame : encodeFrame(this.#version ?? 0, cmdid, seq, sealed));
  }

  protected frame(frame: Frame): void {
    const { cmdid, seq } = frame;
    this.#version ??= frame.version;
    switch (cmdid) {
      case Command.noop:
        return this.queue(encodeFrame(this.#version, cmdid, seq, NOTHING));
      case Command.signalling:
        return;
    }
    const waitMs = this.#quota?.take(this.heardAt) ?? 0;
    if (waitMs === Infinity) throw new StreamError('policy-violation', 'too many requests');
    const request = this.#read(frame);
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
    try {
      this.sink.request(request);
    } catch (error) {
      if (error instanceof StreamError) throw error;
      request.fail(error, () => {
        this.listener.core.log.error({ err: error, cmdid: request.cmdid }, 'a request failed');
      });
    }
  }

  /** Undefined when it was refused already. */
  #read(frame: Frame): Request | undefined {
    const { cmdid, seq } = frame;
    const plain = this.#encryption?.open(cmdid, seq, frame.body);
    try {
      const body = plain === undefined ? decodeBody(frame.bytes, frame.start, frame.end) : decodeBody(plain);
      return new Request(this, cmdid, seq, this.#shakenHands(cmdid, body));
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
    this.#fail(this.asStreamError(error));
  }

  protected gone(): void {
    this.sink.disconnected();
  }

  /** Ends the connection for a fault of the peer, or the server's end: its session is over, and not only lost. */
  #fail(error: StreamError): void {
    this.close(error);
    this.sink.failed();
  }

  protected override asStreamError(error: unknown): StreamError {
    if (!(error instanceof NoiseError)) return super.asStreamError(error);
    return new StreamError('policy-violation', error.message, { cause: error });
  }

  #log(message: string): void {
    this.listener.core.log.info({ peer: this.peer.address }, message);
  }
}

function refusal(condition: StanzaCondition, text: string): BodyInit {
  return { error: errorBody(new StanzaError(condition, text)) };
}
