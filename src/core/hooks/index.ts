export * from './events.ts';
export * from './hooks.ts';
