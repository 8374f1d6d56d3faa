import { beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStorage, defineModule, type Host, Jid, type MapStore, StorageError, type Stores } from '#core';
import roster from '#modules/roster';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

const ROSTER = "<query xmlns='jabber:iq:roster'/>";
const get = (id: string, ver?: string) =>
  `<iq type='get' id='${id}'>${ver === undefined ? ROSTER : `<query xmlns='jabber:iq:roster' ver='${ver}'/>`}</iq>`;
const set = (id: string, ...items: string[]) =>
  `<iq type='set' id='${id}'><query xmlns='jabber:iq:roster'>${items.join('')}</query></iq>`;

/** The error condition of an answer, with its type. */
function refusal(answers: string[]): string {
  expect(answers).toHaveLength(1);
  return (
    /<error type="(\w+)"><([a-z-]+)/
      .exec(answers[0] ?? '')
      ?.slice(1)
      .join(' ') ?? `no error: ${answers[0]}`
  );
}

function version(stanza: string | undefined): number {
  return Number(/ver="(\d+)"/.exec(stanza ?? '')?.[1]);
}

let host: TestHost;
let juliet: TestClient;

beforeEach(async () => {
  host = await TestHost.start(
    [[roster, { max_items: 3, max_name: 10, max_group: 10, max_groups: 2 }]],
    ['juliet', 'romeo'],
  );
  juliet = host.connect('juliet', 'balcony');
});

describe('roster get', () => {
  it('answers an empty roster with an empty query', async () => {
    expect(await juliet.ask(get('g'))).toEqual([
      '<iq id="g" type="result" to="juliet@example.com/balcony" from="juliet@example.com"><query xmlns="jabber:iq:roster" ver="0"/></iq>',
    ]);
  });

  it('returns what was set, in full', async () => {
    await juliet.ask(set('s', "<item jid='nurse@example.com' name='Nurse'><group>A</group><group>B</group></item>"));
    const [answer] = await juliet.ask(get('g'));
    expect(answer).toContain(
      '<item jid="nurse@example.com" name="Nurse" subscription="none"><group>A</group><group>B</group></item>',
    );
  });

  it('survives the last session: the store has it', async () => {
    await juliet.ask(set('s', "<item jid='nurse@example.com'/>"));
    juliet.session.disconnected();
    const [answer] = await host.connect('juliet', 'chamber').ask(get('g'));
    expect(answer).toContain('<item jid="nurse@example.com" subscription="none"/>');
  });
});

describe('roster set', () => {
  it('is answered, and pushed to interested resources only', async () => {
    const chamber = host.connect('juliet', 'chamber');
    await juliet.ask(get('g'));
    const mine = await juliet.ask(set('s', "<item jid='nurse@example.com'/>"));
    expect(mine).toHaveLength(2);
    expect(mine.some((stanza) => stanza.startsWith('<iq id="s" type="result"'))).toBe(true);
    expect(mine.some((stanza) => stanza.includes('type="set"') && stanza.includes('nurse@example.com'))).toBe(true);
    expect(chamber.take()).toEqual([]);
  });

  it('pushes again when nothing changed', async () => {
    await juliet.ask(get('g'), set('a', "<item jid='nurse@example.com'/>"));
    expect(await juliet.ask(set('b', "<item jid='nurse@example.com'/>"))).toHaveLength(2);
  });

  it('of two resources at once is pushed to both in the same order, with versions that ascend', async () => {
    const chamber = host.connect('juliet', 'chamber');
    await juliet.ask(get('g'));
    await chamber.ask(get('g'));
    juliet.send(set('1', "<item jid='a@example.com' name='1'/>"), set('2', "<item jid='b@example.com'/>"));
    chamber.send(set('1', "<item jid='a@example.com' name='2'/>"));
    await settled();
    const pushes = (client: TestClient) => client.take().filter((stanza) => stanza.includes('type="set"'));
    const contents = (stanzas: string[]) => stanzas.map((stanza) => stanza.replace(/ to="[^"]*"/, ''));
    const [left, right] = [pushes(juliet), pushes(chamber)];
    expect(contents(left)).toEqual(contents(right));
    const versions = left.map(version);
    expect(versions).toHaveLength(3);
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    const [answer] = await juliet.ask(get('after'));
    expect(version(answer)).toBe(versions.at(-1));
    expect(answer).toContain('name="2"');
  });

  it.each([
    ['no item', [], 'modify bad-request'],
    ['two items', ["<item jid='a@example.com'/>", "<item jid='b@example.com'/>"], 'modify bad-request'],
    ['an item without a JID', ["<item name='x'/>"], 'modify bad-request'],
    ['a malformed JID', ["<item jid='@example.com'/>"], 'modify jid-malformed'],
    ['a full JID', ["<item jid='a@example.com/x'/>"], 'modify bad-request'],
    ['the own JID', ["<item jid='juliet@example.com'/>"], 'cancel not-allowed'],
    ['a group twice', ["<item jid='a@b'><group>x</group><group>x</group></item>"], 'modify bad-request'],
    ['an empty group', ["<item jid='a@b'><group/></item>"], 'modify not-acceptable'],
    ['a group too long', ["<item jid='a@b'><group>12345678901</group></item>"], 'modify not-acceptable'],
    ['a name too long', ["<item jid='a@b' name='12345678901'/>"], 'modify not-acceptable'],
    [
      'too many groups',
      ["<item jid='a@b'><group>1</group><group>2</group><group>3</group></item>"],
      'modify not-acceptable',
    ],
    ['removal of a stranger', ["<item jid='a@b' subscription='remove'/>"], 'modify item-not-found'],
  ])('with %s is refused and changes nothing', async (_, items, expected) => {
    expect(refusal(await juliet.ask(set('s', ...items)))).toBe(expected);
    expect((await juliet.ask(get('g')))[0]).not.toContain('<item');
  });

  it('takes a name and groups just within the limits', async () => {
    const item = "<item jid='a@b' name='1234567890'><group>1234567890</group><group>2</group></item>";
    expect((await juliet.ask(set('s', item)))[0]).toContain('type="result"');
  });

  it('takes max_items items, refuses one more, and still changes those it has', async () => {
    for (const name of ['a', 'b', 'c']) {
      expect((await juliet.ask(set('s', `<item jid='${name}@example.com'/>`)))[0]).toContain('type="result"');
    }
    expect(refusal(await juliet.ask(set('s', "<item jid='d@example.com'/>")))).toBe('wait resource-constraint');
    expect((await juliet.ask(set('s', "<item jid='c@example.com' name='C'/>")))[0]).toContain('type="result"');
    await juliet.ask(set('s', "<item jid='a@example.com' subscription='remove'/>"));
    expect((await juliet.ask(set('s', "<item jid='d@example.com'/>")))[0]).toContain('type="result"');
  });

  it('does not set subscription, ask or approved', async () => {
    await juliet.ask(set('s', "<item jid='a@b' subscription='both' ask='subscribe' approved='true'/>"));
    expect((await juliet.ask(get('g')))[0]).toContain('<item jid="a@b" subscription="none"/>');
  });

  it('is forbidden for the roster of another', async () => {
    const stanza = set('s', "<item jid='a@b'/>").replace("id='s'", "id='s' to='romeo@example.com'");
    expect(refusal(await juliet.ask(stanza))).toBe('auth forbidden');
  });
});

describe('versioning (§2.6)', () => {
  const missed = (answers: string[]) => answers.slice(1).map((push) => /jid="(\w+)@/.exec(push)?.[1]);

  it('is offered after login', () => {
    const offers = (user: Jid | undefined) => host.host.features.offers({ secure: true, user }).map(({ ns }) => ns);
    expect(offers(Jid.parse('juliet@example.com'))).toEqual(['urn:xmpp:features:rosterver']);
    expect(offers(undefined)).toEqual([]);
  });

  it('answers the latest version with an empty result and no push', async () => {
    const seen = version((await juliet.ask(get('g', '')))[0]);
    expect(await juliet.ask(get('h', String(seen)))).toEqual([
      '<iq id="h" type="result" to="juliet@example.com/balcony" from="juliet@example.com"/>',
    ]);
  });

  it('sends what was missed after the empty result, one push per item, in the order of change', async () => {
    await juliet.ask(get('g'));
    await juliet.ask(set('1', "<item jid='a@example.com'/>"), set('2', "<item jid='b@example.com'/>"));
    const seen = version((await juliet.ask(get('g')))[0]);
    await juliet.ask(set('3', "<item jid='c@example.com'/>"), set('4', "<item jid='c@example.com' name='C'/>"));
    await juliet.ask(set('5', "<item jid='a@example.com' subscription='remove'/>"));
    juliet.session.disconnected();
    const answers = await host.connect('juliet', 'later').ask(get('h', String(seen)));
    expect(answers[0]).toBe('<iq id="h" type="result" to="juliet@example.com/later" from="juliet@example.com"/>');
    expect(missed(answers)).toEqual(['c', 'a']);
    expect(answers[1]).toContain('name="C"');
    expect(answers[2]).toContain('<item jid="a@example.com" subscription="remove"/>');
  });

  it('keeps the order when a set comes right behind the get', async () => {
    await juliet.ask(set('1', "<item jid='a@example.com'/>"));
    const seen = version((await juliet.ask(get('g')))[0]);
    await juliet.ask(set('2', "<item jid='b@example.com'/>"));
    const later = host.connect('juliet', 'later');
    const answers = await later.ask(get('h', String(seen)), set('3', "<item jid='c@example.com'/>"));
    const versions = answers.filter((stanza) => stanza.includes('type="set"')).map(version);
    expect(versions).toHaveLength(2);
    expect(versions[0]).toBeLessThan(versions[1] ?? 0);
  });

  it.each(['no such version', '1', '99999999999999', '-1'])('answers the strange version %j with all', async (ver) => {
    await juliet.ask(set('1', "<item jid='a@example.com'/>"));
    expect((await juliet.ask(get('g', ver)))[0]).toContain('<item jid="a@example.com"');
  });

  it('answers with all when that is less than what was missed', async () => {
    await juliet.ask(set('1', "<item jid='a@example.com'/>"));
    const seen = version((await juliet.ask(get('g')))[0]);
    await juliet.ask(set('2', "<item jid='a@example.com' subscription='remove'/>"));
    expect((await juliet.ask(get('h', String(seen))))[0]).toMatch(/<query xmlns="jabber:iq:roster" ver="\d+"\/>/);
  });

  it('forgets the oldest removals beyond a hundred, and then gives the whole roster', async () => {
    host = await TestHost.start([roster], ['juliet']);
    juliet = host.connect('juliet', 'balcony');
    for (let n = 0; n < 210; n++) juliet.send(set('a', `<item jid='n${n}@example.com'/>`));
    const seen = version((await juliet.ask(get('g'))).at(-1));
    const remove = (n: number) => set('r', `<item jid='n${n}@example.com' subscription='remove'/>`);
    for (let n = 0; n < 100; n++) juliet.send(remove(n));
    await settled();
    const later = host.connect('juliet', 'later');
    expect(await later.ask(get('h', String(seen)))).toHaveLength(1 + 100);
    await juliet.ask(remove(100));
    const answers = await host.connect('juliet', 'last').ask(get('h', String(seen)));
    expect(answers).toHaveLength(1);
    expect(answers[0]).toContain('<item jid="n101@example.com"');
    expect((await host.host.stores.map('roster').entries('juliet')).size).toBe(109 + 100 + 1);
  });

  it('does not take a version of a deleted account for one of its successor', async () => {
    await juliet.ask(set('1', "<item jid='old@example.com'/>"));
    const seen = version((await juliet.ask(get('g')))[0]);
    await host.host.deleteAccount('juliet');
    host.clock.advance(1000);
    await host.host.createAccount('juliet', 'secret');
    const again = host.connect('juliet', 'again');
    await again.ask(set('1', "<item jid='new@example.com'/>"));
    expect((await again.ask(get('g', String(seen))))[0]).toContain('<item jid="new@example.com"');
  });
});

/** Memory storage that reads late, and whose commits fail when told so. */
class LateStores implements Stores {
  readonly #memory = createMemoryStorage().stores('example.com');
  isBroken = false;

  map<V>(name: string): MapStore<V> {
    const map = this.#memory.map<V>(name);
    return {
      get: async (owner, key) => map.get(owner, key),
      entries: async (owner) => map.entries(owner),
      update: async (owner, key, change) => {
        if (this.isBroken) throw new StorageError('the disk is full');
        return map.update(owner, key, change);
      },
      purge: (owner) => map.purge(owner),
      owners: (after, limit) => map.owners(after, limit),
    };
  }
  archive(name: string) {
    return this.#memory.archive(name);
  }
  committed() {
    return this.#memory.committed();
  }
}

describe('with storage that reads late', () => {
  let stores: LateStores;

  beforeEach(async () => {
    stores = new LateStores();
    host = await TestHost.start([roster], ['juliet'], 'example.com', stores);
    juliet = host.connect('juliet', 'balcony');
  });

  it('the answer comes before the pushes of what was missed', async () => {
    await juliet.ask(set('1', "<item jid='a@example.com'/>"));
    const seen = version((await juliet.ask(get('g')))[0]);
    await juliet.ask(set('2', "<item jid='b@example.com'/>"));
    juliet.session.disconnected();
    await settled();
    // So does the way of the answer, when a module has to look something up.
    host.host.hooks.add('host:arrived', 'guard', async () => {
      for (let step = 0; step < 50; step++) await step;
    });
    const answers = await host.connect('juliet', 'later').ask(get('h', String(seen)));
    expect(answers).toHaveLength(2);
    expect(answers[0]).toContain('type="result"');
  });

  it('two resources that set at once lose nothing of each other', async () => {
    const chamber = host.connect('juliet', 'chamber');
    juliet.send(set('1', "<item jid='a@example.com'/>"));
    chamber.send(set('2', "<item jid='b@example.com'/>"));
    await settled();
    expect((await juliet.ask(get('g'))).at(-1)?.match(/<item /g)).toHaveLength(2);
    expect((await stores.map('roster').entries('juliet')).size).toBe(3);
  });

  it('what could not be stored is refused, not pushed, and not there afterwards', async () => {
    await juliet.ask(get('g'), set('1', "<item jid='a@example.com'/>"));
    stores.isBroken = true;
    expect(refusal(await juliet.ask(set('2', "<item jid='b@example.com'/>")))).toBe('cancel internal-server-error');
    stores.isBroken = false;
    const [answer] = await juliet.ask(get('h'));
    expect(answer).toContain('a@example.com');
    expect(answer).not.toContain('b@example.com');
  });
});

describe('the API', () => {
  it('tells of removals, with the item as it was, and of all items of a deleted account', async () => {
    const removals: [string, string, string][] = [];
    const watcher = defineModule({
      name: 'watcher',
      requires: [roster],
      setup(of: Host) {
        of.use(roster).onRemoval((user, item) => void removals.push([user.local, item.jid.local, item.name]));
      },
    });
    host = await TestHost.start([roster, watcher], ['juliet']);
    juliet = host.connect('juliet', 'balcony');
    await juliet.ask(
      set('1', "<item jid='a@example.com' name='A'/>"),
      set('2', "<item jid='b@example.com' name='B'/>"),
    );
    await juliet.ask(set('3', "<item jid='a@example.com' subscription='remove'/>"));
    expect(removals).toEqual([['juliet', 'a', 'A']]);
    await host.host.deleteAccount('juliet');
    expect(removals.at(-1)).toEqual(['juliet', 'b', 'B']);
    expect((await host.host.stores.map('roster').entries('juliet')).size).toBe(0);
  });
});
