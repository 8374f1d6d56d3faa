export * from './stanza.ts';
export * from './stanza-error.ts';
