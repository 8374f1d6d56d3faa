/** Debian's Prosody on loopback with throw-away data: the peer that keeps the scenarios true to the RFCs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './free-port.ts';
import type { ServerUnderTest } from './server-under-test.ts';

const MODULES =
  'roster saslauth disco ping vcard private lastactivity uptime version time websocket register presence message iq carbons csi csi_simple smacks';

export async function startProsody(): Promise<ServerUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'scenario-prosody-'));
  const accounts = join(folder, 'localhost', 'accounts');
  await mkdir(accounts, { recursive: true });
  const [tcp, http] = [await freePort(), await freePort()];
  const config = join(folder, 'prosody.cfg.lua');
  await writeFile(config, configuration(folder, tcp, http));

  const prosody = spawn('prosody', ['-F', '--config', config], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(prosody, 'exit');
  const starting = new Set(["'c2s'", "'http'"]);
  const log: string[] = [];
  for await (const line of createInterface({ input: prosody.stdout })) {
    log.push(line);
    for (const service of starting) if (line.includes(`Activated service ${service}`)) starting.delete(service);
    if (starting.size === 0) break;
  }
  prosody.stdout.resume();
  if (starting.size > 0) throw new Error(`prosody did not start:\n${log.join('\n')}`);

  return {
    tcp: { host: '127.0.0.1', port: tcp },
    websocket: { url: `ws://127.0.0.1:${http}/xmpp-websocket` },
    addUser: (localpart, password) =>
      // Its storage escapes what is not a letter or a digit.
      writeFile(
        join(accounts, `${localpart.replaceAll('-', '%2d')}.dat`),
        `return { ["password"] = "${password}"; };\n`,
      ),
    async close() {
      prosody.kill();
      await exited;
      await rm(folder, { recursive: true });
    },
  };
}

function configuration(folder: string, tcp: number, http: number): string {
  return `
    run_as_root = true
    pidfile = "${folder}/prosody.pid"
    data_path = "${folder}"
    log = { info = "*console" }
    modules_enabled = { ${MODULES.split(' ')
      .map((name) => `"${name}"`)
      .join('; ')} }
    modules_disabled = { "s2s"; "tls" }
    interfaces = { "127.0.0.1" }
    c2s_ports = { ${tcp} }
    http_ports = { ${http} }
    http_interfaces = { "127.0.0.1" }
    https_ports = { }
    http_default_host = "localhost"
    consider_websocket_secure = true
    c2s_require_encryption = false
    allow_registration = true
    authentication = "internal_plain"
    storage = "internal"
    VirtualHost "localhost"
    Component "conference.localhost" "muc"
      modules_enabled = { "muc_mam"; "vcard_muc" }
      name = "Rooms"
  `;
}
