export * from './clock.ts';
export * from './wheel.ts';
