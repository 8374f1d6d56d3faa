export * from './delay.ts';
export * from './forwarded.ts';
export * from './notice.ts';
export * from './stanza.ts';
export * from './stanza-error.ts';
export * from './stanza-id.ts';
