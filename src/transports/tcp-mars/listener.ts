/** What the connections of one listener share that speak the protocol of proto/tharsis.proto */
import {
  type ClientSession,
  createNonceStore,
  type ManagementRules,
  managementLimits,
  type NonceStore,
  type Rate,
  type TransportHost,
  xmlLimits,
} from '#core';
import { type KeyPair, MAX_FRAME_BYTES } from '#protocol/mars';
import type { MarsConfig } from './config.ts';
import { FrameListener } from './frame-listener.ts';
import { ResumeTokens } from './login/resume-tokens.ts';
import type { Place } from './place.ts';
import { quotaRate } from './quota.ts';
import { Routed } from './router/routed.ts';
import { SceneSeats } from './scene/scene-seats.ts';
import { DirectWishes } from './session/direct-wishes.ts';
import { JoinedRooms } from './session/joined-rooms.ts';
import { RecentMessages } from './session/recent-messages.ts';

/** The envelope of a body, and what stands in the header. */
const ENVELOPE_BYTES = 4_096;

export class MarsListener extends FrameListener {
  readonly config: MarsConfig;
  readonly nonces: NonceStore;
  readonly tokens: ResumeTokens;
  readonly rules: ManagementRules;
  readonly quotaRate: Rate;
  readonly routed = new Routed();
  readonly seats = new SceneSeats();
  readonly directWishes = new DirectWishes();
  /** The static key of the Noise handshake. */
  readonly keys: KeyPair;
  readonly #recent = new WeakMap<ClientSession, RecentMessages>();
  readonly #rooms = new WeakMap<ClientSession, JoinedRooms>();

  constructor(core: TransportHost, config: MarsConfig, keys: KeyPair) {
    super(core);
    this.config = config;
    this.keys = keys;
    this.rules = rulesOf(config);
    this.quotaRate = quotaRate(config.requests_per_second);
    this.tokens = new ResumeTokens(this.rules, config.resume_seconds * 1_000);
    this.nonces = createNonceStore(core.clock);
  }

  /** Made when first asked for, and kept as long as the session. */
  recentOf(session: ClientSession): RecentMessages {
    let recent = this.#recent.get(session);
    if (recent === undefined) {
      recent = new RecentMessages(this.config.remembered_messages);
      this.#recent.set(session, recent);
    }
    return recent;
  }

  /** Made when first asked for, and kept as long as the session. */
  roomsOf(session: ClientSession): JoinedRooms {
    let rooms = this.#rooms.get(session);
    if (rooms === undefined) {
      rooms = new JoinedRooms();
      this.#rooms.set(session, rooms);
    }
    return rooms;
  }

  /** The session is over. */
  closed(session: ClientSession): void {
    this.tokens.closed(session);
    this.routed.closed(session);
    this.seats.closed(session);
  }

  /** Bytes of a frame that a client may send. */
  frameBytes(stage: 'before login' | 'logged in'): number {
    return Math.min(MAX_FRAME_BYTES, xmlLimits(this.core.limits, stage).stanzaBytes + ENVELOPE_BYTES);
  }
}

function rulesOf(config: MarsConfig): ManagementRules {
  return {
    ...managementLimits(config),
    // While it has no place, nobody can be asked.
    ask: ({ connection }) => (connection as Partial<Place>).askForAck?.(),
    // Each request has its answer.
    tell: () => {},
  };
}
