export * from './accounts.ts';
export * from './mechanism.ts';
