import { beforeEach, expect, test } from 'vitest';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';
import { defineModule } from '../module/index.ts';
import { message, type Stanza, StanzaError } from '../stanza/index.ts';

const EVENTS = [
  'client:sent',
  'message:sent',
  'host:arrived',
  'message:received',
  'message:offline',
  'client:delivering',
] as const;

/** What happened, in order, as `event phase`. */
let walk: string[];

const witness = defineModule({
  name: 'witness',
  setup(host) {
    for (const event of EVENTS) {
      // Registered against their order, which must not matter.
      host.observe(event, () => void walk.push(`${event} observe`));
      host.handle(event, () => void walk.push(`${event} handle`));
      host.amend(event, () => void walk.push(`${event} amend`));
      host.guard(event, () => void walk.push(`${event} guard`));
    }
  },
});

const phasesOf = (event: string) => ['guard', 'amend', 'handle', 'observe'].map((phase) => `${event} ${phase}`);

let server: TestHost;
let romeo: TestClient;
let juliet: TestClient;

beforeEach(async () => {
  walk = [];
  server = await TestHost.start([witness], ['romeo', 'juliet']);
  [romeo, juliet] = [server.connect('romeo', 'orchard'), server.connect('juliet', 'balcony')];
});

test('a message between clients is sent, arrives and is delivered, in one turn', () => {
  romeo.send("<message to='juliet@example.com/balcony'><body>But soft!</body></message>");
  expect(walk).toEqual([
    ...phasesOf('client:sent'),
    ...phasesOf('message:sent'),
    ...phasesOf('host:arrived'),
    ...phasesOf('message:received'),
    ...phasesOf('client:delivering'),
  ]);
  expect(juliet.take()).toEqual([
    '<message to="juliet@example.com/balcony" from="romeo@example.com/orchard"><body>But soft!</body></message>',
  ]);
});

test('what the server sends itself walks the same way, but for client:sent', () => {
  server.router.route(message({ from: server.host.domain, to: juliet.session.jid }));
  expect(walk).toEqual([
    ...phasesOf('host:arrived'),
    ...phasesOf('message:received'),
    ...phasesOf('client:delivering'),
  ]);
});

test('a message nobody is there for comes to message:offline instead of a delivery, and is refused to the sender', async () => {
  juliet.session.disconnected();
  romeo.send("<message id='m' to='juliet@example.com'/>");
  await settled();
  expect(walk).toEqual([
    ...phasesOf('client:sent'),
    ...phasesOf('message:sent'),
    ...phasesOf('host:arrived'),
    ...phasesOf('message:received'),
    ...phasesOf('message:offline'),
    ...phasesOf('host:arrived'), // the error on its way back
    ...phasesOf('message:received'),
    ...phasesOf('client:delivering'),
  ]);
  expect(romeo.take()).toHaveLength(1);
});

test('what an account keeps of its own message is not what is routed; what it keeps of a received one is', () => {
  const marked = (mark: string) => (event: { stanza?: Stanza }) => event.stanza?.withChildren([mark]);
  server.host.hooks.add('message:sent', 'amend', marked('sent'));
  const kept: (string | undefined)[] = [];
  server.host.hooks.add('message:sent', 'observe', ({ stanza }) => void kept.push(stanza?.text()));
  server.host.hooks.add('message:received', 'amend', (event) =>
    event.stanza?.withChildren([...event.stanza.children, '+']),
  );
  romeo.send("<message to='juliet@example.com/balcony'>original</message>");
  expect(kept).toEqual(['sent']);
  expect(juliet.takeStanzas().map((stanza) => stanza.text())).toEqual(['original+']);
});

test('a stanza that waits for a listener holds back those after it', async () => {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  server.host.hooks.add('client:sent', 'guard', ({ stanza }) => (stanza?.attr('id') === 'first' ? gate : undefined));
  romeo.send(
    "<message id='first' to='juliet@example.com/balcony'/>",
    "<message id='second' to='juliet@example.com/balcony'/>",
  );
  await settled();
  expect(juliet.take()).toEqual([]);
  open();
  await settled();
  expect(juliet.takeStanzas().map(({ id }) => id)).toEqual(['first', 'second']);
});

test('a refusal ends the walk and returns as an error; a dropped stanza ends it in silence', () => {
  server.host.hooks.add('client:sent', 'guard', ({ stanza }) => {
    if (stanza?.attr('id') === 'refused') throw new StanzaError('policy-violation');
    return stanza?.attr('id') !== 'dropped';
  });
  romeo.send(
    "<message id='refused' to='juliet@example.com/balcony'/>",
    "<message id='dropped' to='juliet@example.com/balcony'/>",
  );
  expect(juliet.take()).toEqual([]);
  const answers = romeo.takeStanzas();
  expect(answers.map(({ id, type }) => `${id} ${type}`)).toEqual(['refused error']);
});
