/** A NATS system, which spreads calls over the services that listen */
import {
  connect,
  type Msg,
  type NatsConnection,
  type NodeConnectionOptions,
  RequestError,
} from '@nats-io/transport-node';
import { type RpcAnswer, type RpcBackendHost, RpcFault, type RpcInstance, type RpcRequest } from '#core';
import { answerOf, headersFrom } from './headers.ts';
import type { NatsOptions } from './index.ts';
import { notified } from './notified.ts';

/** Between attempts to connect. */
const AGAIN_MS = 2_000;

export class NatsInstance implements RpcInstance {
  readonly name: string;
  readonly #connectionOptions: NodeConnectionOptions;
  readonly #options: NatsOptions;
  readonly #host: RpcBackendHost;
  /** Undefined until there is one: from then on it comes back by itself. */
  #connection: NatsConnection | undefined;
  #isUp = false;
  #isClosed = false;
  #stopWaiting = (): void => {};

  constructor(connection: NodeConnectionOptions, options: NatsOptions, host: RpcBackendHost) {
    this.name = options.servers.join(', ');
    this.#connectionOptions = { ...connection, name: 'tharsis', maxReconnectAttempts: -1, reconnectTimeWait: AGAIN_MS };
    this.#options = options;
    this.#host = host;
    void this.#connect();
  }

  async call({ service, method, body, headers, timeoutMs, oneWay }: RpcRequest): Promise<RpcAnswer> {
    const connection = this.#connection;
    // What is asked now would wait for the connection, and be done when nobody wants it any more.
    if (connection === undefined || !this.#isUp) throw new RpcFault('unavailable', 'there is no connection to NATS');
    const subject = `${this.#options.prefix}.${service}.${method}`;
    const options = { headers: headersFrom(headers) };
    let reply: Msg;
    try {
      if (oneWay) {
        connection.publish(subject, body, options);
        return NOTHING;
      }
      reply = await connection.request(subject, body, { ...options, timeout: Math.max(1, timeoutMs) });
    } catch (cause) {
      // NATS that has nobody who listens works for all other services; or it is gone, or refuses.
      const isUnserved = cause instanceof RequestError && cause.isNoResponders();
      throw new RpcFault(isUnserved ? 'unserved' : 'unavailable', (cause as Error).message, { cause });
    }
    return answerOf(reply);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopWaiting();
    await this.#connection?.close();
  }

  /** Never rejects. */
  async #connect(): Promise<void> {
    try {
      const connection = await connect(this.#connectionOptions);
      if (this.#isClosed) return connection.close();
      this.#connection = connection;
      this.#isUp = true;
      this.#subscribe(connection);
      void this.#watch(connection);
    } catch (err) {
      this.#host.log.warn({ err }, 'NATS cannot be reached');
      if (!this.#isClosed) this.#stopWaiting = this.#host.clock.after(AGAIN_MS, () => void this.#connect());
    }
  }

  #subscribe(connection: NatsConnection): void {
    const { notify_prefix: prefix } = this.#options;
    if (prefix === undefined) return;
    connection.subscribe(`${prefix}.>`, {
      callback: (err, message) => {
        if (err === null) notified(this.#host, message, prefix);
        else this.#host.log.error({ err, prefix }, 'notifications of services cannot be had from NATS');
      },
    });
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === 'reconnect') this.#isUp = true;
      if (type !== 'disconnect') continue;
      this.#isUp = false;
      this.#host.log.warn({}, 'the connection to NATS is lost');
    }
    this.#isUp = false;
  }
}

const NOTHING: RpcAnswer = { code: 0, text: '', body: new Uint8Array(0), headers: new Map() };
