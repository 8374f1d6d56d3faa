export * from './clock.ts';
export * from './date-time.ts';
export * from './wheel.ts';
