export * from './iq-table.ts';
export * from './remote.ts';
export * from './replies.ts';
export * from './router.ts';
