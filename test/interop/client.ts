/** What the interoperability story asks of a client: the few things every XMPP client can do and notice */

export interface Account {
  /** Bare JID. */
  readonly jid: string;
  readonly password: string;
  /** Of a client that is one of several of its account; else it or the server makes one. */
  readonly resource?: string;
}

/** Something a client tells its user. `jid` is the other's bare JID. */
export type Sight =
  | { readonly kind: 'contact'; readonly jid: string; readonly subscription: 'none' | 'to' | 'from' | 'both' }
  | { readonly kind: 'request'; readonly jid: string }
  | { readonly kind: 'available'; readonly jid: string; readonly status: string }
  | { readonly kind: 'unavailable'; readonly jid: string }
  | { readonly kind: 'message'; readonly jid: string; readonly body: string }
  /** By another client of the account, to `jid`. */
  | { readonly kind: 'said'; readonly jid: string; readonly body: string }
  // In rooms, `jid` is that of the room.
  | { readonly kind: 'invitation'; readonly jid: string }
  | { readonly kind: 'kicked'; readonly jid: string }
  | { readonly kind: 'entered' | 'left'; readonly jid: string; readonly nick: string }
  | { readonly kind: 'spoken'; readonly jid: string; readonly nick: string; readonly body: string }
  /** A moderator took back what somebody said. */
  | { readonly kind: 'retracted'; readonly jid: string; readonly body: string };

export interface Client {
  readonly jid: string;
  /** Logs in, asks for the roster and sends initial presence. Returns the SASL mechanism that was used. */
  login(): Promise<string>;
  addContact(jid: string): Promise<void>;
  requestSubscription(jid: string): Promise<void>;
  acceptSubscription(jid: string): Promise<void>;
  /** Available presence with a status text. */
  announce(status: string): Promise<void>;
  say(jid: string, body: string): Promise<void>;
  /** Ends the stream in the orderly way. */
  logout(): Promise<void>;
  /** Each sight counts once. @throws Error when nothing of the kind is seen within `PATIENCE_MS` */
  sees(sight: Sight): Promise<void>;
  /** Frees what is left, also in the middle of a story that failed. */
  close(): Promise<void>;
}

/** A client that keeps in step with others of its account (XEP-0280). */
export interface Device extends Client {
  enableCarbons(): Promise<void>;
}

/** One that says whether somebody looks at it (XEP-0352). */
export interface RestingDevice extends Device {
  rest(): Promise<void>;
  wake(): Promise<void>;
  /** Whether it was seen, and `sees` did not ask for it. */
  hasSeen(sight: Sight): boolean;
}

/** One that reads the archive (XEP-0313). */
export interface Reader extends Client {
  /** What was said in the conversation with `jid`, both ways and in order, asked for in pages of `size`. */
  history(jid: string, size: number): Promise<readonly string[]>;
}

/** One whose session outlives its link (XEP-0198 §5). */
export interface Survivor extends Client {
  /** The full JID of its session. */
  address(): Promise<string>;
  /** Notices that its link is lost, and connects again. @throws Error when it does not go on with its session */
  resume(): Promise<void>;
  /** Whether it was seen, and `sees` did not ask for it. */
  hasSeen(sight: Sight): boolean;
}

/** One that talks in rooms (XEP-0045). */
export interface Guest extends Client {
  /** Makes a room that stays, with this name. */
  createRoom(jid: string, nick: string, name: string): Promise<void>;
  enterRoom(jid: string, nick: string): Promise<void>;
  invite(jid: string, contact: string): Promise<void>;
  speak(jid: string, body: string): Promise<void>;
  kick(jid: string, nick: string): Promise<void>;
  leaveRoom(jid: string): Promise<void>;
}

/** One that moderates what was said (XEP-0425), and reads the archive of a room. */
export interface Moderator extends Guest {
  /** Takes back what somebody said. */
  moderate(jid: string, body: string): Promise<void>;
  /** What was said in the room, in order, asked for in pages of `size`. */
  roomHistory(jid: string, size: number): Promise<readonly string[]>;
}

/** How long anything may take on a busy machine. */
export const PATIENCE_MS = 15_000;
