export * from './control-client.ts';
export * from './control-server.ts';
