export const NS_COMMANDS = 'http://jabber.org/protocol/commands';
/** Of the commands that XEP-0133 does not name. */
export const NS_OWN = 'urn:x-tharsis:commands';
export const NS_ADMIN = 'http://jabber.org/protocol/admin';
