import { beforeEach, describe, expect, it } from 'vitest';
import { defineModule, Jid, presence as presenceStanza } from '#core';
import presence from '#modules/presence';
import roster from '#modules/roster';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

const CONFIG = { max_directed: 2 };

/** Short forms of presences: "type from" or "from", with the content behind. */
function brief(stanzas: readonly string[]): string[] {
  return stanzas
    .filter((stanza) => stanza.startsWith('<presence'))
    .map((stanza) => {
      const attr = (name: string) => new RegExp(` ${name}="([^"]*)"`).exec(stanza.slice(0, stanza.indexOf('>')))?.[1];
      const content = /^[^>]*[^/]>(.*)<\/presence>$/.exec(stanza)?.[1];
      return [attr('type'), attr('from')?.replace('@example.com', ''), content].filter(Boolean).join(' ');
    });
}

let host: TestHost;

/** Sets the subscription of both sides in their rosters: `user` is subscribed to `contact`. */
async function subscribed(user: string, contact: string): Promise<void> {
  const client = await host.logIn(user, 'setup');
  const other = await host.logIn(contact, 'setup');
  await client.ask(`<presence to='${contact}@example.com' type='subscribe'/>`);
  await other.ask(`<presence to='${user}@example.com' type='subscribed'/>`);
  client.session.disconnected();
  other.session.disconnected();
  await settled();
}

beforeEach(async () => {
  host = await TestHost.start([roster, [presence, CONFIG]], ['romeo', 'juliet', 'nurse', 'tybalt']);
});

describe('broadcast (§4.2, §4.4, §4.5)', () => {
  it('goes to subscribers and to the own resources, and to nobody else', async () => {
    await subscribed('romeo', 'juliet');
    const romeo = await host.logIn('romeo', 'orchard');
    const nurse = await host.logIn('nurse', 'house');
    const balcony = await host.logIn('juliet', 'balcony');
    const chamber = await host.logIn('juliet', 'chamber');
    for (const client of [romeo, balcony]) client.take();
    await chamber
      .ask('<presence><show>dnd</show><priority>5</priority></presence>')
      .then((own) => expect(brief(own)).toEqual(['juliet/chamber <show>dnd</show><priority>5</priority>']));
    expect(brief(balcony.take())).toEqual(['juliet/chamber <show>dnd</show><priority>5</priority>']);
    expect(brief(romeo.take())).toEqual(['juliet/chamber <show>dnd</show><priority>5</priority>']);
    expect(nurse.take()).toEqual([]);
    expect(chamber.session.priority).toBe(5);
  });

  it('of a first presence brings that of contacts and of the other own resources', async () => {
    await subscribed('romeo', 'juliet');
    const balcony = await host.logIn('juliet', 'balcony');
    const orchard = await host.logIn('romeo', 'orchard');
    const chamber = host.connect('romeo', 'chamber');
    expect(brief(await chamber.ask('<presence/>')).sort()).toEqual([
      'juliet/balcony',
      'romeo/chamber',
      'romeo/orchard',
    ]);
    expect(brief(orchard.take())).toEqual(['romeo/chamber']);
    expect(brief(balcony.take())).toEqual([]);
  });

  it('of a first presence brings the absence of contacts, from their bare JIDs', async () => {
    await subscribed('romeo', 'juliet');
    const romeo = host.connect('romeo', 'orchard');
    expect(brief(await romeo.ask('<presence/>'))).toEqual(['romeo/orchard', 'unavailable juliet']);
  });

  it('is not made for a session that ended while its presence waited for something', async () => {
    let go = (): void => {};
    const until = new Promise<void>((resolve) => {
      go = resolve;
    });
    const slow = defineModule({ name: 'slow', setup: (module) => module.guard('client:sent', () => until) });
    host = await TestHost.start([roster, [presence, CONFIG], slow], ['romeo', 'juliet']);
    const [chamber, balcony] = [host.connect('juliet', 'chamber'), host.connect('juliet', 'balcony')];
    chamber.send('<presence/>');
    balcony.send('<presence/>');
    balcony.send("<presence to='juliet@example.com/chamber'/>");
    balcony.session.disconnected();
    go();
    await settled();
    expect(brief(chamber.take())).toEqual(['juliet/chamber']);
    expect(balcony.session.available).toBe(false);
  });

  it('of unavailable presence carries its status, also to its sender', async () => {
    await subscribed('romeo', 'juliet');
    const romeo = await host.logIn('romeo', 'orchard');
    const juliet = await host.logIn('juliet', 'balcony');
    romeo.take();
    const own = await juliet.ask("<presence type='unavailable'><status>night</status></presence>");
    expect(brief(own)).toEqual(['unavailable juliet/balcony <status>night</status>']);
    expect(brief(romeo.take())).toEqual(['unavailable juliet/balcony <status>night</status>']);
    expect(juliet.session.available).toBe(false);
    expect(brief(await juliet.ask('<presence/>'))).toEqual(['juliet/balcony']);
    expect(brief(romeo.take())).toEqual(['juliet/balcony']);
  });

  it('happens once when the connection is lost', async () => {
    await subscribed('romeo', 'juliet');
    const romeo = await host.logIn('romeo', 'orchard');
    const juliet = await host.logIn('juliet', 'balcony');
    romeo.take();
    juliet.session.disconnected();
    await settled();
    expect(brief(romeo.take())).toEqual(['unavailable juliet/balcony']);
  });

  it('happens once when the connection ends after unavailable presence', async () => {
    await subscribed('romeo', 'juliet');
    const romeo = await host.logIn('romeo', 'orchard');
    const juliet = await host.logIn('juliet', 'balcony');
    await juliet.ask("<presence type='unavailable'/>");
    juliet.session.disconnected();
    await settled();
    expect(brief(romeo.take())).toEqual(['juliet/balcony', 'unavailable juliet/balcony']);
  });

  it('tells the other modules when a session becomes available and when it ceases to be', async () => {
    const seen: string[] = [];
    host.host.hooks.add('session:available', 'observe', () => void seen.push('available'));
    host.host.hooks.add('session:unavailable', 'observe', () => void seen.push('unavailable'));
    const juliet = host.connect('juliet', 'balcony');
    await juliet.ask(
      '<presence/>',
      '<presence><show>away</show></presence>',
      "<presence type='unavailable'/>",
      '<presence/>',
    );
    juliet.session.disconnected();
    expect(seen).toEqual(['available', 'unavailable', 'available', 'unavailable']);
  });
});

describe('directed presence (§4.6)', () => {
  let juliet: TestClient;
  let nurse: TestClient;

  beforeEach(async () => {
    nurse = await host.logIn('nurse', 'house');
    juliet = await host.logIn('juliet', 'balcony');
  });

  it('is delivered, gets no later broadcast, and ends with the session', async () => {
    await juliet.ask(
      "<presence to='nurse@example.com'><status>hi</status></presence>",
      '<presence><show>away</show></presence>',
    );
    expect(brief(nurse.take())).toEqual(['juliet/balcony <status>hi</status>']);
    juliet.session.disconnected();
    await settled();
    expect(brief(nurse.take())).toEqual(['unavailable juliet/balcony']);
  });

  it('ends with unavailable broadcast, which carries its content', async () => {
    await juliet.ask(
      "<presence to='nurse@example.com/house'/>",
      "<presence type='unavailable'><status>off</status></presence>",
    );
    expect(brief(nurse.take())).toEqual(['juliet/balcony', 'unavailable juliet/balcony <status>off</status>']);
  });

  it('taken back is not taken back again', async () => {
    await juliet.ask("<presence to='nurse@example.com'/>", "<presence to='nurse@example.com' type='unavailable'/>");
    juliet.session.disconnected();
    await settled();
    expect(brief(nurse.take())).toEqual(['juliet/balcony', 'unavailable juliet/balcony']);
  });

  it('of a resource that never was available ends with it too', async () => {
    const hidden = host.connect('juliet', 'hidden');
    await hidden.ask("<presence to='nurse@example.com'/>");
    hidden.session.disconnected();
    await settled();
    expect(brief(nurse.take())).toEqual(['juliet/hidden', 'unavailable juliet/hidden']);
  });

  it('to a subscriber is not told twice of the end', async () => {
    await subscribed('nurse', 'juliet');
    const tybalt = await host.logIn('nurse', 'second');
    await juliet.ask("<presence to='nurse@example.com'/>");
    tybalt.take();
    juliet.session.disconnected();
    await settled();
    expect(brief(tybalt.take())).toEqual(['unavailable juliet/balcony']);
  });

  it('is forgotten when the other goes away', async () => {
    await juliet.ask("<presence to='nurse@example.com/house'/>");
    await nurse.ask("<presence to='juliet@example.com/balcony' type='unavailable'/>");
    nurse.take();
    juliet.session.disconnected();
    await settled();
    expect(nurse.take()).toEqual([]);
  });

  it('goes to max_directed entities and is refused for one more', async () => {
    await juliet.ask("<presence to='nurse@example.com'/>", "<presence to='tybalt@example.com'/>");
    expect(await juliet.ask("<presence to='nurse@example.com'/>")).toEqual([]);
    const [error] = await juliet.ask("<presence to='romeo@example.com'/>");
    expect(error).toContain('<error type="wait"><resource-constraint');
    await juliet.ask("<presence to='tybalt@example.com' type='unavailable'/>");
    expect(await juliet.ask("<presence to='romeo@example.com'/>")).toEqual([]);
  });
});

describe('probes (§4.3)', () => {
  const probe = (to: string) => `<presence id='p' type='probe' to='${to}'/>`;

  it('are answered to subscribers with the last presence of each available resource', async () => {
    await subscribed('romeo', 'juliet');
    const romeo = await host.logIn('romeo', 'orchard');
    await host.connect('juliet', 'balcony').ask("<presence id='1'><show>away</show></presence>");
    await host.connect('juliet', 'chamber').ask("<presence id='2'/>");
    host.connect('juliet', 'hall');
    romeo.take();
    const answers = await romeo.ask(probe('juliet@example.com'));
    expect(brief(answers)).toEqual(['juliet/balcony <show>away</show>', 'juliet/chamber']);
    expect(answers.map((stanza) => / id="(\d)"/.exec(stanza)?.[1])).toEqual(['1', '2']);
  });

  it('of an offline contact are answered unavailable, with the id of the probe', async () => {
    await subscribed('romeo', 'juliet');
    const romeo = await host.logIn('romeo', 'orchard');
    expect(await romeo.ask(probe('juliet@example.com'))).toEqual([
      '<presence type="unavailable" id="p" to="romeo@example.com/orchard" from="juliet@example.com"/>',
    ]);
  });

  it.each(['juliet', 'juliet/balcony', 'nobody'])(
    'of strangers for %s are denied from the bare JID alike',
    async (name) => {
      const romeo = await host.logIn('romeo', 'orchard');
      await host.logIn('juliet', 'balcony');
      const [local, resource] = name.split('/');
      const arrived: string[] = [];
      host.host.hooks.add('host:arrived', 'observe', ({ stanza }) => void arrived.push(String(stanza)));
      await romeo.ask(probe(`${local}@example.com${resource ? `/${resource}` : ''}`));
      expect(brief(arrived).filter((text) => text.startsWith('unsub'))).toEqual([`unsubscribed ${local}`]);
    },
  );

  it('for a full JID tell no more than that it is there', async () => {
    await subscribed('romeo', 'juliet');
    const romeo = await host.logIn('romeo', 'orchard');
    await host.connect('juliet', 'balcony').ask('<presence><show>away</show></presence>');
    romeo.take();
    expect(brief(await romeo.ask(probe('juliet@example.com/balcony')))).toEqual(['juliet/balcony']);
    expect(brief(await romeo.ask(probe('juliet@example.com/gone')))).toEqual(['unavailable juliet/gone']);
  });

  it('of who got directed presence are answered for that resource, and only to whom got it', async () => {
    const nurse = await host.logIn('nurse', 'house');
    const juliet = await host.logIn('juliet', 'balcony');
    await juliet.ask("<presence to='nurse@example.com/house'><show>away</show></presence>");
    nurse.take();
    expect(brief(await nurse.ask(probe('juliet@example.com/balcony')))).toEqual(['juliet/balcony']);
    expect(brief(await nurse.ask(probe('juliet@example.com')))).toEqual([]);
  });

  it('are sent to contacts on other domains at the first presence only', async () => {
    const sent: string[] = [];
    const other = new TestHost('example.net');
    host.router.add(other.host);
    other.host.hooks.add('host:arrived', 'observe', ({ stanza }) => void sent.push(String(stanza)));
    const juliet = await host.logIn('juliet', 'balcony');
    await juliet.ask("<presence to='benvolio@example.net' type='subscribe'/>");
    const addresses = { from: Jid.parse('benvolio@example.net'), to: juliet.session.user };
    await host.router.route(presenceStanza({ type: 'subscribed', ...addresses }));
    juliet.session.disconnected();
    await settled();
    sent.length = 0;
    const again = await host.logIn('juliet', 'balcony');
    await again.ask('<presence/>');
    expect(brief(sent)).toEqual(['probe juliet']);
    expect(sent[0]).toContain('to="benvolio@example.net"');
  });
});
