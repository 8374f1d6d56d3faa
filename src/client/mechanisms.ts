/** Which of the mechanisms that a server offers is taken, and what it says */
import type { ClientCrypto } from './crypto.ts';
import type { ChannelBinding } from './link.ts';
import { bytesOf, Scram } from './scram.ts';

export type Credentials =
  | {
      readonly username: string;
      readonly password: string;
      /**
       * Those that may be used. Default: SCRAM-SHA-256, SCRAM-SHA-1, and PLAIN on an encrypted connection. MD5-CHALLENGE is for
       * servers that have nothing better.
       */
      readonly mechanisms?: readonly PasswordMechanism[];
    }
  /** A JSON Web Token or a token for one login. */
  | { readonly token: string };

/** Of a game server (docs/routers.md). */
export interface RouterSecret {
  /** The name of the router. */
  readonly router: string;
  readonly secret: string;
}

export type PasswordMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-1' | 'MD5-CHALLENGE' | 'PLAIN';

/** What is known of the connection. */
export interface LoginContext {
  readonly crypto: ClientCrypto;
  readonly offered: readonly string[];
  readonly isEncrypted: boolean;
  readonly binding: ChannelBinding | undefined;
  /** For MD5-CHALLENGE. */
  readonly nonce: string;
}

/** One attempt. */
export interface Exchange {
  readonly mechanism: string;
  readonly first: Uint8Array;
  next(challenge: Uint8Array): Promise<Uint8Array>;
  /** @throws ProtocolError when the server has not proved what it should have */
  succeeded(additional: Uint8Array): void;
}

const DEFAULT: readonly PasswordMechanism[] = ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN'];

/** undefined: the server offers nothing that these credentials can be used with here. */
export function beginLogin(credentials: Credentials | RouterSecret, context: LoginContext): Exchange | undefined {
  const { offered, isEncrypted, nonce, crypto } = context;
  // Never offered: who has it knows of it.
  if ('router' in credentials) {
    return isEncrypted ? singleStep('ROUTER', bytesOf(`${credentials.router}\0${credentials.secret}`)) : undefined;
  }
  if ('token' in credentials) {
    return offered.includes('TOKEN') && isEncrypted ? singleStep('TOKEN', bytesOf(credentials.token)) : undefined;
  }
  const { username, password, mechanisms = DEFAULT } = credentials;
  for (const mechanism of mechanisms) {
    switch (mechanism) {
      case 'SCRAM-SHA-256':
      case 'SCRAM-SHA-1': {
        const exchange = beginScram(mechanism, { username, password }, context);
        if (exchange !== undefined) return exchange;
        break;
      }
      case 'MD5-CHALLENGE': {
        if (!offered.includes(mechanism) || nonce === '') break;
        const digest = Array.from(crypto.md5(bytesOf(nonce + username + password)), hexOf).join('');
        return singleStep(mechanism, bytesOf(`${username}\0${digest}`));
      }
      case 'PLAIN':
        if (!offered.includes(mechanism) || !isEncrypted) break;
        return singleStep(mechanism, bytesOf(`\0${username}\0${password}`));
    }
  }
  return undefined;
}

function beginScram(
  name: 'SCRAM-SHA-256' | 'SCRAM-SHA-1',
  login: { readonly username: string; readonly password: string },
  { crypto, offered, binding }: LoginContext,
): Exchange | undefined {
  const plus = `${name}-PLUS`;
  const isBound = binding !== undefined && offered.includes(plus);
  if (!isBound && !offered.includes(name)) return undefined;
  const hash = name === 'SCRAM-SHA-256' ? 'SHA-256' : 'SHA-1';
  const scram = new Scram(
    { ...login, hash, binding: isBound ? binding : undefined, isBindingMissed: !isBound && binding !== undefined },
    crypto,
  );
  return {
    mechanism: isBound ? plus : name,
    first: scram.first(),
    next: (challenge) => scram.final(challenge),
    succeeded: (additional) => scram.verify(additional),
  };
}

function singleStep(mechanism: string, first: Uint8Array): Exchange {
  return {
    mechanism,
    first,
    // RFC 4422 §3: nothing more to say.
    next: async () => new Uint8Array(0),
    succeeded: () => {},
  };
}

function hexOf(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
