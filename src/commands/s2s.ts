import { type Command, defineCommand, StanzaError } from '#core';
import type { Federation } from '../s2s/index.ts';
import { hostOf, parseJid } from './addresses.ts';
import type { ServerControl } from './server-control.ts';
import { s2sClose, s2sList, s2sTest } from './specs/s2s.ts';

export function s2sCommands({ federation, router }: ServerControl): Command[] {
  return [
    defineCommand({
      ...s2sList,
      run({ domain, limit }) {
        const streams = [];
        for (const status of control().list(domain)) {
          if (streams.length === limit) return { streams, more: true };
          const { stanzasIn, stanzasOut, since, ...rest } = status;
          streams.push({
            ...rest,
            received: stanzasIn,
            sent: stanzasOut,
            since: since === undefined ? undefined : new Date(since).toISOString(),
          });
        }
        return { streams, more: false };
      },
    }),
    defineCommand({
      ...s2sTest,
      async run({ domain, from }) {
        const local = from === undefined ? [...router.hosts][0]?.domain.domain : hostOf(router, from).domain.domain;
        const { isReached, steps } = await control().test({ local: local ?? '', remote: remoteDomain(domain) });
        return { reached: isReached, steps: steps.map(({ ms, text }) => ({ ms, step: text })) };
      },
    }),
    defineCommand({
      ...s2sClose,
      run({ domain }) {
        const remote = remoteDomain(domain);
        return { domain: remote, closed: control().close(remote) };
      },
    }),
  ];

  function control(): Federation {
    if (federation === undefined) throw new StanzaError('not-allowed', 'federation is off (s2s.enabled)');
    return federation;
  }

  /** @throws StanzaError jid-malformed, not-acceptable */
  function remoteDomain(text: string): string {
    const jid = parseJid(text);
    if (jid.local !== '' || !jid.isBare) throw new StanzaError('jid-malformed', `${text} is not a domain`);
    if (router.host(jid.domain) !== undefined) throw new StanzaError('not-acceptable', `${text} is served here`);
    return jid.domain;
  }
}
