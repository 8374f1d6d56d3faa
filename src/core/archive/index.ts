/** XEP-0313: reading an archive, whoever it belongs to */
export { hasLastingContent } from './lasting.ts';
export { NS_MAM } from './namespaces.ts';
export { countEntries, readPage } from './page.ts';
export { queryForm, readQuery } from './query.ts';
export { finElement, metadataElement, resultMessage } from './results.ts';
export { Retention } from './retention.ts';
export { USER_ARCHIVE, type UserArchive } from './user-archive.ts';
export type { ArchiveMatch, ArchiveView } from './view.ts';
