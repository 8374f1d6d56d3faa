export * from './rsm.ts';
