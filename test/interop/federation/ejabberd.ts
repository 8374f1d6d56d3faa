/** Debian's ejabberd as a peer */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Launch, PeerMake, PeerSetting } from './peer.ts';

/** Where Debian keeps the compiled code. */
const ERL_LIBS = '/usr/lib/x86_64-linux-gnu';
const isInstalled = existsSync('/usr/sbin/ejabberdctl');

export const ejabberd: PeerMake = {
  name: 'ejabberd',
  domain: 'ejabberd.example',
  host: '127.0.0.3',
  missing: isInstalled ? undefined : 'ejabberd is not installed',
  async prepare(setting: PeerSetting): Promise<Launch> {
    const { dir, dns, certificate, authority } = setting;
    await mkdir(join(dir, 'mnesia'));
    await writeFile(join(dir, 'certificate.pem'), `${certificate.key}\n${certificate.cert}\n`);
    await writeFile(join(dir, 'authority.pem'), authority);
    await writeFile(join(dir, 'ejabberd.yml'), configuration(setting));
    await writeFile(join(dir, 'inetrc'), resolution(dns.port));
    const log = join(dir, 'ejabberd.log');
    return {
      // The flags of Debian's ejabberdctl; no distribution, so no epmd.
      command: [
        ...(['erl', '+K', 'true', '-noinput'] as const),
        ...['-mnesia', 'dir', `"${join(dir, 'mnesia')}"`],
        ...['-ejabberd', 'log_path', `"${log}"`, '-s', 'ejabberd'],
      ],
      env: {
        EJABBERD_CONFIG_PATH: join(dir, 'ejabberd.yml'),
        EJABBERD_LOG_PATH: log,
        SPOOL_DIR: join(dir, 'mnesia'),
        HOME: dir,
        ERL_LIBS,
        ERL_INETRC: join(dir, 'inetrc'),
        ERL_CRASH_DUMP: '/dev/null',
        ERL_CRASH_DUMP_BYTES: '0',
      },
      logFile: 'ejabberd.log',
    };
  },
};

/** Of SRV records. Addresses it asks the system for, so it can only dial `localhost`. */
function resolution(dnsPort: number): string {
  return `
    {resolv_conf, ""}.
    {hosts_file, ""}.
    {lookup, [dns]}.
    {nameserver, {127,0,0,1}, ${dnsPort}}.
    {cache_size, 0}.
  `;
}

function configuration({ dir, domain, proof, c2s, s2s }: PeerSetting): string {
  const byCertificate = proof === 'EXTERNAL';
  return `
loglevel: debug
hosts: ["${domain}"]
certfiles: ["${dir}/certificate.pem"]
ca_file: "${dir}/authority.pem"
s2s_use_starttls: ${byCertificate ? 'required' : 'true'}
s2s_max_retry_delay: 1
auth_password_format: plain
registration_timeout: infinity
access_rules:
  everyone: {allow: all}
listen:
  - {port: ${c2s.port}, ip: "${c2s.host}", module: ejabberd_c2s, access: everyone}
  - {port: ${s2s.port}, ip: "${s2s.host}", module: ejabberd_s2s_in}
modules:
  mod_roster: {}
  mod_disco: {}
  mod_ping: {}
  mod_version: {}
  mod_register: {access: everyone, access_from: everyone, ip_access: all}
  mod_muc: {access: everyone, access_create: everyone}
${byCertificate ? '' : '  mod_s2s_dialback: {}'}
`;
}
