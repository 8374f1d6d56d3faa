export * from './command.ts';
export * from './registry.ts';
