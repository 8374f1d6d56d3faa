/** RFC 6120: federation with the servers of other domains */
export type { Authorities } from './environment.ts';
export { Federation, type FederationParts } from './federation.ts';
