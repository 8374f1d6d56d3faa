/** Keys of the server, made when first asked for and kept in the data directory */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Secrets } from '#core';
import { writeWhole } from './write-whole.ts';

const BYTES = 32;

/** Without a directory they are others at each start. */
export function createSecrets(directory?: string): Secrets {
  const known = new Map<string, Uint8Array>();
  return {
    get(name) {
      const secret =
        known.get(name) ?? (directory === undefined ? randomBytes(BYTES) : kept(join(directory, `${name}.key`)));
      known.set(name, secret);
      return secret;
    },
  };
}

/** @throws Error when the file is not one of these: a key that is lost is not to be replaced in silence */
function kept(file: string): Uint8Array {
  if (!existsSync(file)) writeWhole(file, `${randomBytes(BYTES).toString('base64')}\n`, 0o600);
  const secret = Buffer.from(readFileSync(file, 'latin1').trim(), 'base64');
  if (secret.length !== BYTES) throw new Error(`${file} is no key of this server`);
  return secret;
}
