export const NS_MAM = 'urn:xmpp:mam:2';

/** Of what is not in the specification: the field after-seq and what answers it. docs/archive.md tells of it. */
export const NS_NUMBERS = 'urn:x-tharsis:mam';
