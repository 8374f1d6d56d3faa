import { describe, expect, it } from 'vitest';
import { matchStanza, matchUnordered } from './match.ts';
import { parseXml } from './xml.ts';

const juliet = { bare: 'juliet@localhost', full: 'juliet@localhost/balcony' };
const none: ReadonlyMap<string, string> = new Map();
const match = (pattern: string, stanza: string) => matchStanza(parseXml(pattern), parseXml(stanza), juliet, none);

describe('a pattern', () => {
  it('fits whatever the order of attributes and children', () => {
    const known = match("<iq id='1' type='set'><q><a/><b/></q></iq>", "<iq type='set' id='1'><q><b/><a/></q></iq>");
    expect(known).toBeDefined();
  });

  it.each([
    ['another attribute value', "<message type='chat'/>", "<message type='normal'/>"],
    ['an attribute too few', "<message type='chat'/>", '<message/>'],
    ['an attribute too many', '<message/>', "<message type='chat'/>"],
    ['another namespace', "<iq><q xmlns='a'/></iq>", "<iq><q xmlns='b'/></iq>"],
    ['another text', '<message><body>a</body></message>', '<message><body>b</body></message>'],
    ['a child too few', '<message><body/></message>', '<message/>'],
    ['a child too many', '<message><body/></message>', '<message><body/><thread/></message>'],
    ['the same child once instead of twice', '<q><a/><a/></q>', '<q><a/></q>'],
    ['a sender that is not the receiver', '<message/>', "<message from='romeo@localhost'/>"],
    ['another error condition', "<iq type='error'><error><gone/></error></iq>", "<iq type='error'><error/></iq>"],
  ])('does not fit %s', (_, pattern, stanza) => {
    expect(match(pattern, stanza)).toBeUndefined();
  });

  it('allows other children only where it says so', () => {
    expect(match('<q>...<a/></q>', '<q><b/><a/><c/></q>')).toBeDefined();
  });

  it('keeps what a name stands for and asks for it again', () => {
    expect(match("<iq id='{a}'><q x='{a}-{b}'/></iq>", "<iq id='1'><q x='1-2'/></iq>")).toEqual(
      new Map([
        ['a', '1'],
        ['b', '2'],
      ]),
    );
    expect(match("<iq id='{a}'><q x='{a}'/></iq>", "<iq id='1'><q x='2'/></iq>")).toBeUndefined();
  });

  it('lets a server add its own address, a language and an error text', () => {
    const error =
      "<error type='cancel' code='503'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>" +
      "<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no</text></error>";
    const pattern = "<iq type='error' id='1'><error type='cancel'><service-unavailable/></error></iq>";
    const stanza = `<iq type='error' id='1' to='${juliet.full}' from='${juliet.bare}' xml:lang='en'><q/>${error}</iq>`;
    expect(match(pattern, stanza)).toBeDefined();
  });

  it('lets a server say when it got a stanza and where it keeps it, unless the pattern does', () => {
    const id = (by: string) => `<stanza-id xmlns='urn:xmpp:sid:0' by='${by}' id='1'/>`;
    const message = `<message><body/><delay xmlns='urn:xmpp:delay' stamp='x'/>${id('a')}${id('b')}</message>`;
    expect(match('<message><body/></message>', message)).toBeDefined();
    expect(match(`<message><body/>${id('a')}${id('b')}</message>`, message)).toBeDefined();
    expect(match(`<message><body/>${id('a')}</message>`, message)).toBeUndefined();
  });

  it('lets a room tell an occupant his own JID, and nobody another one', () => {
    const presence = (item: string) =>
      `<presence from='coven@conference.localhost/JuliC'><x xmlns='http://jabber.org/protocol/muc#user'>${item}</x></presence>`;
    const own = presence(`<item role='participant' jid='${juliet.full}'/>`);
    expect(match(presence("<item role='participant'/>"), own)).toBeDefined();
    expect(match(own, presence("<item role='participant'/>"))).toBeDefined();
    expect(match(presence('<item/>'), presence("<item jid='romeo@localhost/orchard'/>"))).toBeUndefined();
  });

  it('finds the order that fits when the first try does not', () => {
    const patterns = ["<presence from='{who}'/>", "<presence from='romeo'/>"].map(parseXml);
    const stanzas = ["<presence from='romeo'/>", "<presence from='nurse'/>"].map(parseXml);
    expect(matchUnordered(patterns, stanzas, juliet, none)?.get('who')).toBe('nurse');
  });
});
