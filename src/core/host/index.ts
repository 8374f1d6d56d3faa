export * from './features.ts';
export * from './virtual-host.ts';
