/** SASL EXTERNAL and the checks of certificates, between two servers of ours with an authority of the test */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CertificateAuthority, longAgo, type ServerSubject } from '../../test/support/certificate-authority.ts';
import { type FederatedServer, logInTo, startFederated } from '../../test/support/federated.ts';

const JULIETS = 'capulet.example';
const ROMEOS = 'montague.example';

let dir: string;
let authority: CertificateAuthority;
const running: FederatedServer[] = [];
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tharsis-certificates-'));
  authority = await CertificateAuthority.create('Authority of the test');
  writeFileSync(join(dir, 'ca.pem'), authority.certificate);
});
afterEach(async () => {
  for (const server of running.splice(0)) await server.stop();
  rmSync(dir, { recursive: true });
});

/** What the certificate of each says; the options of federation of each. */
async function start(
  subjects: Readonly<Record<string, ServerSubject>>,
  s2s: Record<string, unknown> = { dialback: false },
): Promise<[FederatedServer, FederatedServer]> {
  const options = Object.entries(subjects).map(async ([domain, subject]) => {
    const { key, cert } = await authority.issueToServer(subject);
    const certificates = { key: join(dir, `${domain}.key`), certificate: join(dir, `${domain}.crt`) };
    writeFileSync(certificates.key, key);
    writeFileSync(certificates.certificate, cert);
    return [domain, { config: { certificates }, s2s: { ca: join(dir, 'ca.pem'), ...s2s } }] as const;
  });
  const servers = await startFederated(Object.fromEntries(await Promise.all(options)));
  running.push(...servers);
  return servers as [FederatedServer, FederatedServer];
}

const good = { [JULIETS]: { domains: [JULIETS] }, [ROMEOS]: { domains: [ROMEOS] } };

/** How the stream was proved on both sides; the text of the error else. */
async function meet([capulet, montague]: [FederatedServer, FederatedServer]): Promise<unknown> {
  const juliet = await logInTo(capulet, 'juliet');
  const romeo = await logInTo(montague, 'romeo');
  juliet.send(`<message xmlns='jabber:client' to='romeo@${ROMEOS}/test' type='chat' id='1'><body>x</body></message>`);
  const heard = await Promise.race([romeo.find('message'), juliet.find('message')]);
  if (heard.attrs.type === 'error') return 'error';
  return [capulet, montague].map((server) => [...(server.federation?.list(undefined) ?? [])][0]?.proof);
}

const lastStep = async (server: FederatedServer) => {
  const { steps } = (await server.commands.run('s2s.test', { domain: ROMEOS })) as { steps: { step: string }[] };
  return steps.at(-1)?.step;
};

describe('a certificate that names the domain', () => {
  it.each([
    ['as a DNS name', { domains: [ROMEOS] }],
    ['by a wildcard', { domains: ['*.example'] }],
    ['as a service', { domains: ['other.example'], services: [`_xmpp-server.${ROMEOS}`] }],
    ['without the usage clientAuth', { domains: [ROMEOS], usages: ['serverAuth'] as const }],
  ])('proves it, %s', async (_, subject) => {
    expect(await meet(await start({ ...good, [ROMEOS]: subject }))).toEqual(['certificate', 'EXTERNAL']);
  });

  it('proves it to the other server too, without the usage clientAuth', async () => {
    const subject = { domains: [JULIETS], usages: ['serverAuth'] as const };
    expect(await meet(await start({ ...good, [JULIETS]: subject }))).toEqual(['certificate', 'EXTERNAL']);
  });
});

describe('without dialback there is no stream', () => {
  it.each([
    ['expired', { domains: [ROMEOS], validity: longAgo() }, 'it has expired'],
    ['for another domain', { domains: ['verona.example'] }, `it is for verona.example, not for ${ROMEOS}`],
  ])('with a server whose certificate is %s', async (_, subject, why) => {
    const servers = await start({ ...good, [ROMEOS]: subject });
    expect(await lastStep(servers[0])).toBe(`failed: its certificate does not prove ${ROMEOS} (s2s.dialback): ${why}`);
  });

  it.each([
    ['expired', { domains: [JULIETS], validity: longAgo() }],
    ['expired and without clientAuth', { domains: [JULIETS], validity: longAgo(), usages: ['serverAuth'] as const }],
    ['for another domain', { domains: ['verona.example'] }],
  ])('when our own certificate is %s', async (_, subject) => {
    const servers = await start({ ...good, [JULIETS]: subject });
    expect(await lastStep(servers[0])).toBe(
      'failed: it does not take our certificate, and dialback is off (s2s.dialback)',
    );
  });
});

describe('with dialback', () => {
  it('a certificate of nobody who is believed is no hindrance', async () => {
    const [capulet, montague] = await start(good, { ca: undefined });
    expect(await meet([capulet, montague])).toEqual(['dialback', 'dialback']);
  });

  it('it is, where an authority is pinned to the domain', async () => {
    const other = await CertificateAuthority.create('Another');
    writeFileSync(join(dir, 'other.pem'), other.certificate);
    const [capulet] = await start(good, { pinned: { [ROMEOS]: join(dir, 'other.pem') } });
    expect(await lastStep(capulet)).toContain(`failed: its certificate does not prove ${ROMEOS} (s2s.pinned)`);
  });

  it('what is pinned is believed besides', async () => {
    const pinned = { [ROMEOS]: join(dir, 'ca.pem'), [JULIETS]: join(dir, 'ca.pem') };
    expect(await meet(await start(good, { ca: undefined, pinned }))).toEqual(['certificate', 'EXTERNAL']);
  });
});
