export * from './clock.ts';
export * from './date-time.ts';
export { EachTurn } from './each-turn.ts';
export * from './wheel.ts';
