import { beforeEach, describe, expect, it } from 'vitest';
import presence from '#modules/presence';
import roster, { type Subscription } from '#modules/roster';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

const CONFIG = { max_requests: 2, max_request_bytes: 200 };

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

/** Short forms of roster pushes: the item's attributes. */
function pushes(stanzas: readonly string[]): string[] {
  return stanzas.map((stanza) => /<item ([^>]*?)\/?>/.exec(stanza)?.[1] ?? '').filter(Boolean);
}

let host: TestHost;

/** Subscription and pending states of a user's items as stored. */
async function stored(user: string, contact: string): Promise<{ subscription?: Subscription; request?: string }> {
  const item = await host.host.stores.map<object>('roster').get(user, `${contact}@example.com`);
  return item ?? {};
}

beforeEach(async () => {
  host = await TestHost.start([roster, [presence, CONFIG]], ['romeo', 'juliet', 'nurse', 'tybalt']);
});

describe('subscriptions (§3)', () => {
  let romeo: TestClient;
  let juliet: TestClient;
  const to = (name: string, type: string, more = '/>') =>
    `<presence id='i' to='${name}@example.com' type='${type}'${more}`;

  beforeEach(async () => {
    romeo = await host.logIn('romeo', 'orchard');
    juliet = await host.logIn('juliet', 'balcony');
  });

  it('are requested, approved and shown, in the order of §3.1', async () => {
    expect(pushes(await romeo.ask(to('juliet', 'subscribe')))).toEqual([
      'jid="juliet@example.com" subscription="none" ask="subscribe"',
    ]);
    expect(brief(juliet.take())).toEqual(['subscribe romeo']);
    expect(pushes(await juliet.ask(to('romeo', 'subscribed')))).toEqual([
      'jid="romeo@example.com" subscription="from"',
    ]);
    const got = romeo.take();
    expect(brief(got)).toEqual(['subscribed juliet', 'juliet/balcony']);
    expect(pushes(got)).toEqual(['jid="juliet@example.com" subscription="to"']);
    expect(got.findIndex((stanza) => stanza.includes('<item'))).toBe(1);
  });

  it('of a request write nothing into the roster of the contact', async () => {
    await romeo.ask(to('juliet', 'subscribe'));
    juliet.take();
    const [answer] = await juliet.ask("<iq type='get' id='g'><query xmlns='jabber:iq:roster'/></iq>");
    expect(answer).not.toContain('<item');
  });

  it('are asked of available resources, and told to interested ones', async () => {
    const [available, interested] = [host.connect('juliet', 'available'), host.connect('juliet', 'interested')];
    await available.ask('<presence/>');
    await interested.ask("<iq type='get' id='g'><query xmlns='jabber:iq:roster'/></iq>");
    await romeo.ask(to('juliet', 'subscribe'));
    expect(brief(available.take())).toEqual(['subscribe romeo']);
    expect(interested.take()).toEqual([]);
    await juliet.ask(to('romeo', 'subscribed'));
    interested.take();
    await romeo.ask(to('juliet', 'unsubscribe'));
    expect(available.take()).toEqual([]);
    expect(brief(interested.take())).toEqual(['unsubscribe romeo']);
  });

  it('ends: the contact sees the resources go before it is told', async () => {
    await romeo.ask(to('juliet', 'subscribe'));
    await juliet.ask(to('romeo', 'subscribed'));
    romeo.take();
    await juliet.ask(to('romeo', 'unsubscribed'));
    expect(brief(romeo.take())).toEqual(['unavailable juliet/balcony', 'unsubscribed juliet']);
    await juliet.ask('<presence><show>away</show></presence>');
    expect(brief(romeo.take())).toEqual([]);
  });

  it('are given up by the subscriber, who sees the resources go', async () => {
    await romeo.ask(to('juliet', 'subscribe'));
    await juliet.ask(to('romeo', 'subscribed'));
    romeo.take();
    juliet.take();
    expect(brief(await romeo.ask(to('juliet', 'unsubscribe')))).toEqual(['unavailable juliet/balcony']);
    const got = juliet.take();
    expect(brief(got)).toEqual(['unsubscribe romeo']);
    expect(pushes(got)).toEqual(['jid="romeo@example.com" subscription="none"']);
  });

  it('to oneself are ignored', async () => {
    expect(await romeo.ask(to('romeo', 'subscribe'), to('romeo', 'subscribed'))).toEqual([]);
  });

  it('of both sides at once end as mutual', async () => {
    romeo.send(to('juliet', 'subscribe'), to('juliet', 'subscribed'));
    juliet.send(to('romeo', 'subscribe'), to('romeo', 'subscribed'));
    await settled();
    expect((await stored('romeo', 'juliet')).subscription).toBe('both');
    expect((await stored('juliet', 'romeo')).subscription).toBe('both');
  });

  it('pre-approved are granted without asking', async () => {
    expect(pushes(await juliet.ask(to('romeo', 'subscribed')))).toEqual([
      'jid="romeo@example.com" subscription="none" approved="true"',
    ]);
    expect(romeo.take()).toEqual([]);
    const got = await romeo.ask(to('juliet', 'subscribe'));
    expect(brief(got)).toEqual(['subscribed juliet', 'juliet/balcony']);
    expect(pushes(got)).toEqual([
      'jid="juliet@example.com" subscription="none" ask="subscribe"',
      'jid="juliet@example.com" subscription="to"',
    ]);
    expect(brief(juliet.take())).toEqual([]);
  });

  it('removed with the item end on both sides', async () => {
    await romeo.ask(to('juliet', 'subscribe'));
    await juliet.ask(to('romeo', 'subscribed'));
    romeo.take();
    await juliet.ask(
      "<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='romeo@example.com' subscription='remove'/></query></iq>",
    );
    expect(brief(romeo.take())).toEqual(['unavailable juliet/balcony', 'unsubscribed juliet']);
    expect((await stored('romeo', 'juliet')).subscription).toBeUndefined();
  });

  it('end with the account', async () => {
    await romeo.ask(to('juliet', 'subscribe'));
    await juliet.ask(to('romeo', 'subscribed'));
    romeo.take();
    await host.host.deleteAccount('juliet');
    await settled();
    const got = romeo.take();
    expect(brief(got)).toEqual(['unavailable juliet/balcony', 'unsubscribed juliet']);
    expect(pushes(got)).toEqual(['jid="juliet@example.com" subscription="none"']);
  });

  describe('waiting for an answer', () => {
    it('are delivered once per new available resource, with their content, until answered', async () => {
      juliet.session.disconnected();
      await romeo.ask(to('juliet', 'subscribe', '><status>please</status></presence>'), to('juliet', 'subscribe'));
      const first = await host.connect('juliet', 'first').ask('<presence/>');
      expect(brief(first)).toEqual(['juliet/first', 'subscribe romeo <status>please</status>']);
      expect(first[1]).toContain('id="i"');
      const second = host.connect('juliet', 'second');
      expect(brief(await second.ask('<presence/>'))).toContain('subscribe romeo <status>please</status>');
      expect(brief(await second.ask('<presence/>'))).toEqual(['juliet/second']);
      await second.ask(to('romeo', 'unsubscribed'));
      expect(brief(await host.connect('juliet', 'third').ask('<presence/>')).join()).not.toContain('subscribe');
    });

    it('are kept without their content beyond max_request_bytes', async () => {
      juliet.session.disconnected();
      await romeo.ask(to('juliet', 'subscribe', `><status>${'x'.repeat(200)}</status></presence>`));
      expect(brief(await host.connect('juliet', 'first').ask('<presence/>'))).toEqual([
        'juliet/first',
        'subscribe romeo',
      ]);
    });

    it('are kept up to max_requests, and refused beyond', async () => {
      const others = [await host.logIn('nurse', 'house'), await host.logIn('tybalt', 'street')];
      await others[0]?.ask(to('juliet', 'subscribe'));
      expect(brief((await others[1]?.ask(to('juliet', 'subscribe'))) ?? [])).toEqual([]);
      expect((await romeo.ask(to('juliet', 'subscribe'))).join()).toContain('<resource-constraint');
      await juliet.ask(to('nurse', 'unsubscribed'));
      expect((await romeo.ask(to('juliet', 'subscribe'))).join()).not.toContain('error');
    });

    it('leave no trace once denied to a stranger', async () => {
      await romeo.ask(to('juliet', 'subscribe'));
      expect((await stored('juliet', 'romeo')).request).toContain('type="subscribe"');
      await juliet.ask(to('romeo', 'unsubscribed'));
      expect(await stored('juliet', 'romeo')).toEqual({});
    });

    it('outlive the removal of the item', async () => {
      await romeo.ask(to('juliet', 'subscribe'));
      const item = (more: string) =>
        `<iq type='set' id='s'><query xmlns='jabber:iq:roster'><item jid='romeo@example.com' ${more}/></query></iq>`;
      await juliet.ask(item("name='R'"), item("subscription='remove'"));
      expect(brief(romeo.take())).toEqual([]);
      expect(pushes(await juliet.ask(to('romeo', 'subscribed')))).toEqual([
        'jid="romeo@example.com" subscription="from"',
      ]);
    });
  });
});
