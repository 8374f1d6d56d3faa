export * from './module.ts';
export * from './plugin.ts';
export { serviceDomain } from './service-domain.ts';
export * from './set-up.ts';
