/** One connection of the goim dialect: what its operations do */
import { create, toBinary } from '@bufbuild/protobuf';
import {
  type ByteLink,
  type ClientSession,
  type Connection,
  Iq,
  Message,
  type Stanza,
  StanzaError,
  StreamError,
  type VirtualHost,
} from '#core';
import { ServerPushSchema } from '#protocol/goim';
import { encodeFrame, type Frame, HEADER_BYTES } from '#protocol/mars';
import { FrameConnection } from '../frame-connection.ts';
import { Quota } from '../quota.ts';
import { call, refusal } from './call.ts';
import { changeRoom } from './change-room.ts';
import type { GoimListener } from './goim-listener.ts';
import { GoimRequest } from './goim-request.ts';
import type { Origin } from './headers.ts';
import { joined, NO_ROOM } from './ids.ts';
import { logIn } from './log-in.ts';
import { pushIn } from './notification.ts';
import { MAX_PACKAGE_BYTES, Operation } from './operation.ts';
import { Push, PushTooLong } from './push.ts';

/** Of what a client may send before it has the answer to operation 7. */
const MOST_WAITING = 20;

const NOTHING = new Uint8Array(0);

/** Who is at a connection. */
export interface GoimUser {
  readonly app: number;
  /** 0: nobody in particular. */
  readonly uid: number;
  /** Tells this connection from the others of the user. */
  readonly connid: number;
  readonly host: VirtualHost;
  /** Undefined for nobody in particular. */
  readonly session: ClientSession | undefined;
}

export class GoimConnection extends FrameConnection<GoimListener> implements Connection {
  readonly origin: Origin;
  user: GoimUser | undefined;
  room = NO_ROOM;
  readonly #quota: Quota;
  readonly #deadline: number;
  /** What pushes have: that of the first package, since a client takes no other. */
  #version: number | undefined;
  /** Present while somebody logs in. */
  #waiting: Frame[] | undefined;

  constructor(link: ByteLink, listener: GoimListener, origin: Origin) {
    super(link, listener);
    this.origin = origin;
    const { goim_login_seconds } = listener.config;
    this.#quota = new Quota(listener.quotaRate);
    this.#deadline = this.heardAt + goim_login_seconds * 1_000;
    this.wakeIn(goim_login_seconds * 1_000);
  }

  get secure(): boolean {
    return this.link.secure;
  }

  protected get frameBytes(): number {
    return MAX_PACKAGE_BYTES;
  }

  protected frame(frame: Frame): void {
    this.#version ??= frame.version;
    if (this.#waiting !== undefined) {
      if (this.#waiting.length >= MOST_WAITING) throw new StreamError('policy-violation', 'too much at once');
      this.#waiting.push(frame);
      return;
    }
    const request = new GoimRequest(this, frame);
    if (request.operation === Operation.heartbeat) return request.answerBytes(NOTHING);
    if (this.user !== undefined) return this.#operate(request, this.user);
    // Anything else is too early, and not answered.
    if (request.operation === Operation.auth) this.#logIn(request);
  }

  #logIn(request: GoimRequest): void {
    this.#waiting = [];
    this.pause();
    logIn(this, request).then(() => {
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      this.resume();
      for (const frame of waiting) this.#take(frame);
    });
  }

  /** A package that waited for its turn. */
  #take(frame: Frame): void {
    if (this.isClosing) return;
    try {
      this.frame(frame);
    } catch (error) {
      this.failed(error);
    }
  }

  #operate(request: GoimRequest, user: GoimUser): void {
    switch (request.operation) {
      case Operation.auth:
        return request.answerBytes(NOTHING);
      case Operation.time: {
        const body = Buffer.alloc(8);
        body.writeBigInt64BE(BigInt(this.listener.core.clock.now()));
        return request.answerBytes(body);
      }
      case Operation.changeRoom:
      case Operation.call:
        break;
      default:
        throw new StreamError('unsupported-stanza-type', `operation ${request.operation} is not known`);
    }
    const waitMs = this.#quota.take(this.heardAt);
    if (waitMs === Infinity) throw new StreamError('policy-violation', 'too many requests');
    if (waitMs > 0) return request.answer(refusal(new StanzaError('resource-constraint', 'too many requests')));
    if (request.operation === Operation.call) void call(this, user, request);
    else changeRoom(this, user, request);
  }

  /** The user is known. */
  enter(user: GoimUser): void {
    const { all, users, config } = this.listener;
    this.user = user;
    all.add(this);
    if (user.uid !== 0) users.add(joined({ app: user.app, id: user.uid }), this);
    this.wakeIn(config.idle_seconds * 1_000);
  }

  /** @param room NO_ROOM for none */
  moveTo(room: number): void {
    const { app = 0 } = this.user ?? {};
    const { rooms } = this.listener;
    if (this.room !== NO_ROOM) rooms.remove(joined({ app, id: this.room }), this);
    this.room = room;
    if (room !== NO_ROOM) rooms.add(joined({ app, id: room }), this);
  }

  answer(version: number, operation: number, seq: number, body: Uint8Array): void {
    if (this.isClosing) return;
    if (HEADER_BYTES + body.length <= MAX_PACKAGE_BYTES) return this.queue(encodeFrame(version, operation, seq, body));
    const error = new StanzaError('policy-violation', `the answer has more than ${MAX_PACKAGE_BYTES} bytes`);
    new GoimRequest(this, { version, cmdid: operation - 1, seq, body: NOTHING }).answer(refusal(error));
  }

  push(push: Push): void {
    if (!this.isClosing) this.queue(push.frame(this.#version ?? 0));
  }

  /** Old clients know no stanzas but what a service tells them: who writes to one, and not to the user, is told so. */
  write(stanza: Stanza): void {
    if (this.user === undefined) return;
    const { host } = this.user;
    const notification = pushIn(stanza);
    if (notification !== undefined) return this.#notify(notification);
    const isAsking = stanza instanceof Iq || (stanza instanceof Message && /^(?:chat|normal)$/.test(stanza.type));
    if (!isAsking) return;
    void host.router.refuse(stanza, new StanzaError('service-unavailable', 'this client takes pushes only'));
  }

  #notify(notification: Uint8Array): void {
    try {
      this.push(new Push(Operation.callReply, notification));
    } catch (error) {
      if (!(error instanceof PushTooLong)) throw error;
      this.listener.core.log.info({ peer: this.peer.address }, 'a notification is too long for a package');
    }
  }

  /** A push, and the end. */
  kick(push: Push): void {
    this.push(push);
    this.#endSession();
    this.close();
  }

  /** Clients come back after a FIN; who should not is told before. */
  close(error?: StreamError): void {
    if (this.isClosing) return;
    if (error !== undefined) {
      const { condition, text = '' } = error;
      this.listener.core.log.info({ peer: this.peer.address, condition, text }, 'connection closed');
      if (this.user !== undefined && isFinal(error)) {
        const body = create(ServerPushSchema, { messageDesc: text === '' ? condition : `${condition}: ${text}` });
        this.push(new Push(Operation.disconnect, toBinary(ServerPushSchema, body)));
      }
    }
    this.#leave();
    this.end();
  }

  protected openDue(now: number): number {
    const { idle_seconds } = this.listener.config;
    const until = this.user === undefined ? this.#deadline : this.heardAt + idle_seconds * 1_000;
    if (now < until) return until - now;
    this.failed(new StreamError('connection-timeout', this.user === undefined ? 'not logged in in time' : 'silent'));
    return 0;
  }

  shutdown(): void {
    this.failed(new StreamError('system-shutdown'));
  }

  protected failed(error: unknown): void {
    this.close(this.asStreamError(error));
    this.#endSession();
  }

  protected gone(): void {
    this.#leave();
    this.#endSession();
  }

  #leave(): void {
    const { user } = this;
    if (user === undefined) return;
    this.moveTo(NO_ROOM);
    this.listener.all.delete(this);
    this.listener.users.remove(joined({ app: user.app, id: user.uid }), this);
  }

  #endSession(): void {
    this.user?.session?.disconnected(this);
  }
}

/** Whether a client that comes back at once would meet the same again. */
function isFinal({ condition }: StreamError): boolean {
  return condition === 'conflict' || condition === 'not-authorized' || condition === 'policy-violation';
}
