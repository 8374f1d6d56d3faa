/** Command 1016: an archive, page by page */
import { type Body, type BodyInit, Command } from '#protocol/mars';

export interface HistoryOptions {
  /** Only messages with this JID. */
  readonly with?: string;
  /** The archive of this room, and not one's own. */
  readonly room?: string;
  /** Only what came after this number. */
  readonly after?: bigint;
}

export async function* history(
  ask: (command: number, body: BodyInit) => Promise<Body>,
  of: HistoryOptions,
): AsyncGenerator<Body, void> {
  for (let after = of.after ?? 0n; ; ) {
    const value = { with: of.with ?? '', after };
    const { payload } = await ask(Command.history, { to: of.room ?? '', payload: { case: 'history', value } });
    if (payload.case !== 'historyPage') return;
    const { items, complete, last } = payload.value;
    yield* items;
    if (complete || last <= after) return;
    after = last;
  }
}
