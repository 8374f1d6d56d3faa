import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSecrets } from './secrets.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'secrets-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('the keys of the server', () => {
  it('are the same at the next start', () => {
    const key = createSecrets(directory).get('mars');
    expect(key).toHaveLength(32);
    expect(createSecrets(directory).get('mars')).toEqual(key);
  });

  it('are others by another name, and in another place', () => {
    const secrets = createSecrets(directory);
    expect(secrets.get('mars')).not.toEqual(secrets.get('passwords'));
    expect(createSecrets().get('mars')).not.toEqual(secrets.get('mars'));
  });

  it('stay as they are without a directory while the server runs', () => {
    const secrets = createSecrets();
    expect(secrets.get('mars')).toBe(secrets.get('mars'));
  });

  it('are in a file that nobody else may read', () => {
    createSecrets(directory).get('mars');
    expect(statSync(join(directory, 'mars.key')).mode & 0o777).toBe(0o600);
  });

  it('are not replaced when the file is damaged', () => {
    const file = join(directory, 'mars.key');
    writeFileSync(file, 'short\n');
    expect(() => createSecrets(directory).get('mars')).toThrow(file);
    expect(readFileSync(file, 'utf8')).toBe('short\n');
  });
});
