/** Of the application-specific conditions that tell a client why it has no session (RFC 6120 §4.9.4, §8.3.4); docs/sessions.md */
export const NS_SESSIONS = 'urn:x-tharsis:sessions';
