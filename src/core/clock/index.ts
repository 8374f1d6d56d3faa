export * from './clock.ts';
export * from './date-time.ts';
export { EachTurn } from './each-turn.ts';
export { HourlyLimit } from './hourly-limit.ts';
export * from './token-bucket.ts';
export * from './wheel.ts';
