export * from './command.ts';
export * from './failure.ts';
export * from './fields.ts';
export { momentOf } from './moment.ts';
export * from './registry.ts';
export * from './scope.ts';
export * from './tally.ts';
