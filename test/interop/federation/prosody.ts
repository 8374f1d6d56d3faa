/** Debian's Prosody as a peer */
import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Launch, PeerMake, PeerSetting } from './peer.ts';

const isInstalled = spawnSync('prosodyctl', ['--version']).error === undefined;
/** Lets Prosody ask any name server, on any port. */
const hasUnbound = spawnSync('lua5.4', ['-e', 'require "lunbound"']).status === 0;

export const prosody: PeerMake = {
  name: 'Prosody',
  domain: 'prosody.example',
  host: '127.0.0.2',
  missing: isInstalled ? (hasUnbound ? undefined : 'lua-unbound is not installed') : 'prosody is not installed',
  async prepare(setting: PeerSetting): Promise<Launch> {
    const { dir, domain, certificate, authority } = setting;
    await mkdir(join(dir, 'certs'));
    for (const name of [domain, `conference.${domain}`]) {
      await writeFile(join(dir, 'certs', `${name}.crt`), certificate.cert);
      await writeFile(join(dir, 'certs', `${name}.key`), certificate.key);
    }
    await writeFile(join(dir, 'authority.pem'), authority);
    await writeFile(join(dir, 'prosody.cfg.lua'), configuration(setting));
    return { command: ['prosody', '-F', '--config', join(dir, 'prosody.cfg.lua')], logFile: 'prosody.log' };
  },
};

function configuration({ dir, domain, dns, proof, c2s, s2s }: PeerSetting): string {
  const byCertificate = proof === 'EXTERNAL';
  const modules = ['roster', 'saslauth', 'tls', 'disco', 'ping', 'version', 'register', 'smacks', 's2s_bidi'];
  if (!byCertificate) modules.push('dialback');
  return `
    run_as_root = true
    pidfile = "${dir}/prosody.pid"
    data_path = "${dir}"
    log = { debug = "${dir}/prosody.log" }
    certificates = "${dir}/certs"
    ssl = { cafile = "${dir}/authority.pem" }
    modules_enabled = { ${modules.map((name) => `"${name}"`).join('; ')} }
    unbound = {
      resolvconf = false; hoststxt = false;
      forward = { "127.0.0.1@${dns.port}" };
      options = { ["do-not-query-localhost:"] = "no"; ["module-config:"] = "iterator" };
    }
    interfaces = { "${c2s.host}" }
    c2s_ports = { ${c2s.port} }
    s2s_interfaces = { "${s2s.host}" }
    s2s_ports = { ${s2s.port} }
    c2s_require_encryption = false
    allow_unencrypted_plain_auth = true
    s2s_require_encryption = true
    s2s_secure_auth = ${byCertificate}
    allow_registration = true
    authentication = "internal_plain"
    storage = "internal"
    VirtualHost "${domain}"
    Component "conference.${domain}" "muc"
      muc_room_locking = false
  `;
}
