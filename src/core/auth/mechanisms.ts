/** RFC 6120 §6.3.3: the mechanisms of a virtual host */
import type { ScramHash } from './accounts.ts';
import { afterLogin } from './after-login.ts';
import { type AnonymousAccounts, createAnonymous } from './anonymous.ts';
import { createExternal } from './external.ts';
import { limitMechanism } from './limited-mechanism.ts';
import type { LoginLimiter } from './login-limiter.ts';
import type { Mechanism } from './mechanism.ts';
import type { NonceStore } from './nonce-store.ts';
import { createOauthBearer } from './oauth-bearer.ts';
import { createPlain } from './plain.ts';
import { createScram } from './scram.ts';
import type { ScramDecoys } from './scram-decoys.ts';

export interface MechanismOptions {
  readonly limiter: LoginLimiter;
  readonly nonces: NonceStore;
  readonly decoys: ScramDecoys;
  readonly plainWithoutTls: boolean;
  /** Whether client certificates are asked for and verified. */
  readonly external: boolean;
  /** Present when anonymous users are let in: the same value the host has as its accounts. */
  readonly anonymous?: AnonymousAccounts | undefined;
  /** Runs for every login that succeeded, before the client is told. */
  readonly loggedIn?: ((username: string) => Promise<void>) | undefined;
  /** IANA names of the only ones wanted; absent: all. */
  readonly enabled?: readonly string[] | undefined;
  /** Those of plugins; one with a name of ours replaces it. */
  readonly plugins?: readonly Mechanism[];
}

/** Strongest first. A client certificate needs no secret sent or derived; then channel binding, then the hash. */
const STRENGTH = { external: 100, plus: 80, scram: 60, bearer: 40, plain: 20, anonymous: 0 } as const;
const HASH_STRENGTH: Readonly<Record<ScramHash, number>> = { 'SHA-1': 1, 'SHA-256': 2, 'SHA-512': 3 };

/** The mechanisms, strongest first, each under the limit of failed logins. @throws Error for an unknown name in `enabled` */
export function createMechanisms(options: MechanismOptions): readonly Mechanism[] {
  const all = new Map(
    [...builtIn(options), ...(options.plugins ?? [])].map((mechanism) => [mechanism.name, mechanism]),
  );
  const names = new Set(options.enabled ?? all.keys());
  return [...names]
    .map((name) => {
      const mechanism = all.get(name);
      if (mechanism === undefined)
        throw new Error(`there is no authentication mechanism ${name}, or it is switched off`);
      const { limiter, loggedIn } = options;
      return limitMechanism(loggedIn === undefined ? mechanism : afterLogin(mechanism, loggedIn), limiter);
    })
    .sort((a, b) => b.strength - a.strength);
}

function builtIn({ enabled, nonces, decoys, anonymous, external, plainWithoutTls }: MechanismOptions): Mechanism[] {
  const isPlusEnabled = enabled?.some((name) => name.endsWith('-PLUS')) ?? true;
  const scram = (hash: ScramHash, plus: boolean) => {
    const strength = (plus ? STRENGTH.plus : STRENGTH.scram) + HASH_STRENGTH[hash];
    return createScram({ hash, plus, strength, nonces, decoys, isPlusEnabled });
  };
  return [
    ...(external ? [createExternal(STRENGTH.external)] : []),
    scram('SHA-512', true),
    scram('SHA-256', true),
    scram('SHA-1', true),
    scram('SHA-512', false),
    scram('SHA-256', false),
    scram('SHA-1', false),
    createOauthBearer({ strength: STRENGTH.bearer, isAllowedWithoutTls: plainWithoutTls }),
    createPlain({ strength: STRENGTH.plain, isAllowedWithoutTls: plainWithoutTls }),
    ...(anonymous === undefined ? [] : [createAnonymous(anonymous, STRENGTH.anonymous)]),
  ];
}
