/** What users report about others waits for those who moderate: docs/protocol/reports.md */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type ArchiveEntry, defineCommand, defineModule, type Host, HourlyLimit, type Jid, StanzaError } from '#core';
import mam from '#modules/mam';
import { NS_REPORTS, readReport } from './request.ts';
import { reportClose, reportList } from './specs.ts';

const config = z.strictObject({
  max_open: z.int().min(1).max(1_000_000).default(10_000).describe('Most reports that wait to be dealt with'),
  per_user_per_hour: z
    .int()
    .min(0)
    .max(100_000)
    .default(20)
    .describe('Most reports of one user in an hour; 0 = no limit'),
  context: z
    .int()
    .min(0)
    .max(100)
    .default(10)
    .describe('Messages kept with the reported one: so many before, and after'),
  context_size: z
    .int()
    .min(0)
    .max(10_000_000)
    .default(65_536)
    .describe('Most characters of these; the farthest are left out'),
});

interface Report {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Bare JIDs. */
  readonly from: string;
  readonly about: string;
  readonly reason: string;
  readonly text?: string;
  readonly messages: readonly { readonly at: number; readonly xml: string }[];
}

/** The one key of a report, whose id is the owner. */
const WHOLE = '';

export default defineModule({
  name: 'reports',
  requires: [mam],
  config,
  setup(host: Host<z.output<typeof config>>) {
    const archives = host.use(mam);
    const store = host.store.map<Report>('reports');
    const limit = new HourlyLimit(host.clock, host.config.per_user_per_hour);
    host.feature(NS_REPORTS);

    host.iq('set', 'report', NS_REPORTS, 'host', async ({ payload, from }) => {
      const user = (from as Jid).bare();
      if (user.local === '' || user.domain !== host.domain.domain) throw new StanzaError('forbidden');
      const { about, reason, text, id } = readReport(payload, user);
      if (about.equals(user)) throw new StanzaError('not-acceptable', 'nobody reports himself');
      if (!limit.take(user.local)) {
        throw new StanzaError('policy-violation', 'too many reports in this hour', { type: 'wait' });
      }
      const { max_open: most, context, context_size } = host.config;
      if ((await store.owners(undefined, most)).length >= most) {
        throw new StanzaError('resource-constraint', 'too many reports wait already', { type: 'wait' });
      }
      const found = id === undefined ? [] : await archives.around(user, about, id, context);
      if (id !== undefined && found.length === 0) {
        throw new StanzaError('item-not-found', `your archive has no message ${id} with ${about}`);
      }
      const at = host.clock.now();
      const messages = nearest(found, id, context_size).map((entry) => ({ at: entry.at, xml: entry.data }));
      const kept = { from: user.toString(), about: about.toString(), reason, ...(text !== undefined && { text }) };
      await store.update(idAt(at), WHOLE, () => ({ at, ...kept, messages }));
      host.log.info({ from: kept.from, about: kept.about, reason }, 'reported');
    });

    host.command(
      defineCommand({
        ...reportList,
        async run({ after, limit }) {
          // One more than asked for tells whether there are more.
          const ids = await store.owners(after, limit + 1);
          const reports = await Promise.all(
            ids.slice(0, limit).map(async (id) => shown(id, await store.get(id, WHOLE))),
          );
          return { reports: reports.flat(), more: ids.length > limit };
        },
      }),
    );
    host.command(
      defineCommand({
        ...reportClose,
        async run({ id }) {
          await store.update(id, WHOLE, (present) => {
            if (present === undefined) throw new StanzaError('item-not-found', `there is no report ${id}`);
            return undefined;
          });
          return { id };
        },
      }),
    );
  },
});

/** The one with this id, and those around it that are no longer than `most` together. */
function nearest(found: readonly ArchiveEntry[], id: string | undefined, most: number): readonly ArchiveEntry[] {
  const middle = found.findIndex(({ seq }) => String(seq) === id);
  if (middle < 0) return [];
  let [from, to, left] = [middle, middle + 1, most];
  for (let away = 1; away < found.length; away++) {
    const before = found[middle - away]?.data.length ?? 0;
    const after = found[middle + away]?.data.length ?? 0;
    left -= before + after;
    if (left < 0) break;
    from = Math.max(0, middle - away);
    to = Math.min(found.length, middle + away + 1);
  }
  return found.slice(from, to);
}

/** In the order of time. */
function idAt(at: number): string {
  return `${at.toString(36).padStart(9, '0')}-${randomBytes(4).toString('hex')}`;
}

/** None for one that was closed meanwhile. */
function shown(id: string, report: Report | undefined) {
  if (report === undefined) return [];
  const { at, messages, ...rest } = report;
  const stamp = (ms: number) => new Date(ms).toISOString();
  return [{ id, at: stamp(at), ...rest, messages: messages.map((one) => ({ at: stamp(one.at), xml: one.xml })) }];
}
