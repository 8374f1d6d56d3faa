/** The C++ of docs/games.md, compiled and run as a game that writes with an XMPP client */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { printXml } from '../scenarios/runner/xml.ts';
import { startMars } from '../support/mars-server.ts';
import { connectRaw } from '../support/raw-client.ts';

const run = promisify(execFile);
const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

const missing = [
  ['g++', ['--version'], 'g++'] as const,
  ['protoc', ['--version'], 'protobuf-compiler'] as const,
  [
    'g++',
    ['-fsyntax-only', '-include', 'google/protobuf/message_lite.h', '-xc++', '/dev/null'],
    'libprotobuf-dev',
  ] as const,
  ['g++', ['-fsyntax-only', '-include', 'openssl/evp.h', '-xc++', '/dev/null'], 'libssl-dev'] as const,
].flatMap(([program, options, name]) => (spawnSync(program, options).status === 0 ? [] : [name]));

if (missing.length > 0 && process.env.CI === 'true') {
  it('what compiles a game in C++ is there', () => {
    throw new Error(`not installed: ${missing.join(' ')}`);
  });
}

const note = missing.length > 0 ? ` (not installed: ${missing.join(' ')})` : '';

describe.skipIf(missing.length > 0)(`a game in C++ from the page${note}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'interop-game-'));
  const game = join(folder, 'game');

  beforeAll(async () => {
    const page = readFileSync(pathOf('../../docs/games.md'), 'utf8');
    const blocks = [...page.matchAll(/^```cpp\n(.*?)^```$/gms)].map(([, code]) => code);
    writeFileSync(join(folder, 'page.h'), blocks.join('\n'));
    await run('protoc', [`--cpp_out=${folder}`, `--proto_path=${pathOf('../../proto')}`, 'tharsis.proto']);
    const sources = [pathOf('game_client.cpp'), join(folder, 'tharsis.pb.cc')];
    const options = ['-std=c++17', '-Wall', '-Wextra', '-Werror', `-I${folder}`, '-o', game];
    await run('g++', [...options, ...sources, '-lprotobuf-lite', '-lcrypto']);
  }, 120_000);

  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['in the clear', false],
    ['encrypted, with the login bound to it', true],
  ])('logs in %s, is present, writes and is written to', async (_, isEncrypted) => {
    const mars = await startMars();
    await mars.server.addUser('a=b,c', 'geheim, très');
    const romeo = await connectRaw('tcp', mars.server);
    await romeo.logIn('romeo', 'secret', 'phone');
    romeo.send("<presence xmlns='jabber:client'/>");
    await romeo.ping();

    const key = isEncrypted ? [Buffer.from(mars.publicKey).toString('hex')] : [];
    const playing = run(game, [`${mars.port}`, 'a=b,c', 'geheim, très', 'romeo@localhost', ...key]);
    const told = await Promise.race([romeo.find('message'), playing.then(() => undefined)]);
    expect(told && printXml(told)).toContain('hi from C++');
    romeo.send(
      `<message xmlns='jabber:client' to='${told?.attrs.from}' type='chat'><body>hi from XMPP</body></message>`,
    );

    const { stdout } = await playing;
    expect(stdout.trim().split('\n')).toEqual([`logged in as ${told?.attrs.from}`, 'heard hi from XMPP', 'left']);
    romeo.destroy();
  });
});
