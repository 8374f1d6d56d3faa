export * from './contracts.ts';
export * from './features.ts';
export * from './inline.ts';
export * from './virtual-host.ts';
