export * from './rpc-backend.ts';
export * from './rpc-service.ts';
