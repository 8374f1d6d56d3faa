export { openSession, randomResource } from './binding.ts';
export * from './bound-stream.ts';
export * from './client-negotiation.ts';
export * from './link.ts';
export * from './negotiation.ts';
export * from './stream-error.ts';
export * from './stream-fault.ts';
