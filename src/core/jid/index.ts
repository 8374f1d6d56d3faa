/** RFC 7622: XMPP addresses (JIDs) and the preparation of their parts. */
export { prepareDomain } from './domainpart.ts';
export { JidError } from './error.ts';
export { Jid } from './jid.ts';
export { prepareLocal } from './localpart.ts';
export { preparePassword } from './password.ts';
export { prepareResource } from './resourcepart.ts';
