/** Namespaces of what has a field of its own in proto/tharsis.proto */
export const NS_MUC = 'http://jabber.org/protocol/muc'; // XEP-0045
export const NS_MUC_USER = `${NS_MUC}#user`;
export const NS_MUC_ADMIN = `${NS_MUC}#admin`;
export const NS_MUC_OWNER = `${NS_MUC}#owner`;
export const NS_CHAT_STATES = 'http://jabber.org/protocol/chatstates'; // XEP-0085
export const NS_CAPS = 'http://jabber.org/protocol/caps'; // XEP-0115
export const NS_SHIM = 'http://jabber.org/protocol/shim'; // XEP-0131
export const NS_RECEIPTS = 'urn:xmpp:receipts'; // XEP-0184
export const NS_DELAY = 'urn:xmpp:delay'; // XEP-0203
export const NS_MARKERS = 'urn:xmpp:chat-markers:0'; // XEP-0333
export const NS_HINTS = 'urn:xmpp:hints'; // XEP-0334
export const NS_REGISTER = 'jabber:iq:register'; // XEP-0077
export const NS_VCARD = 'vcard-temp'; // XEP-0054
export const NS_ROSTER = 'jabber:iq:roster'; // RFC 6121 §2
export const NS_SCENE = 'urn:tharsis:scene:0'; // docs/protocol/scene.md
export const NS_RPC = 'urn:tharsis:rpc:0'; // docs/protocol/rpc.md
export const NS_DATA_FORMS = 'jabber:x:data'; // XEP-0004
export const NS_RSM = 'http://jabber.org/protocol/rsm'; // XEP-0059

/** Who is in a room, by pages; docs/rooms.md tells of it. */
export const NS_OCCUPANTS = 'urn:x-tharsis:occupants';
/** A room made with its members; docs/rooms.md tells of it. */
export const NS_GROUPS = 'urn:x-tharsis:groups';

/** Of what only game clients have; docs/games.md tells of it. */
export const NS_MARS = 'urn:x-tharsis:mars';
