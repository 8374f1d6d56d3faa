/** Runs one script over one transport. Its accounts and rooms are new ones, so scripts share a server without seeing each other. */
import type { ServerUnderTest } from '../../support/server-under-test.ts';
import { Actor, DOMAIN, isOptional, type Naming, NS_SASL2, PASSWORD, ROOMS } from './actor.ts';
import { type Captures, fillIn, matchNode, matchStanza, matchUnordered } from './match.ts';
import { type Script, ScriptError, type Step, type TransportName } from './parse.ts';
import { elements, parseXml, printXml, type XmlNode } from './xml.ts';

/** Domains whose localparts are those of rooms and scenes. */
const PLACES = `(?:conference|scene)\\.${DOMAIN}`;

/** `run` tells this run's accounts from those of every other run on the same server. */
export async function runScript(
  script: Script,
  transport: TransportName,
  server: ServerUnderTest,
  run: string,
): Promise<void> {
  const specs = [...script.actors.values()];
  const localparts = [...new Set(specs.map((spec) => spec.localpart))];
  const naming = nameAccounts(localparts, run);
  const newActor = (localpart: string) => new Actor(server, transport, { localpart: `${localpart}-${run}`, naming });
  for (const localpart of localparts) await server.addUser(`${localpart}-${run}`, PASSWORD);
  await subscribe(script, newActor);

  const cast = new Map(specs.map((spec) => [spec.name, newActor(spec.localpart)]));
  const stage: Stage = {
    cast,
    resources: new Map(specs.map((spec) => [spec.name, spec.resource])),
    captures: new Map(localparts.map((localpart) => [localpart, `${localpart}-${run}`])),
  };
  try {
    for (const step of script.steps) {
      await runStep(stage, step).catch((error: Error) => {
        throw new ScriptError(script.file, step.line, `${step.actor} ${step.verb}: ${error.message}`);
      });
    }
    const lastLine = script.steps.at(-1)?.line ?? 1;
    for (const [name, actor] of cast) {
      await expectNothing(stage, actor).catch((error: Error) => {
        throw new ScriptError(script.file, lastLine, `after the last step ${name} ${error.message}`);
      });
    }
  } finally {
    for (const actor of cast.values()) actor.drop();
  }
}

interface Stage {
  readonly cast: ReadonlyMap<string, Actor>;
  readonly resources: ReadonlyMap<string, string>;
  captures: Captures;
}

function nameAccounts(localparts: readonly string[], run: string): Naming {
  const names = localparts.join('|');
  // Every room and every scene is one of this run.
  const inScript = new RegExp(`\\b((?:${names})(?=@${DOMAIN})|[A-Za-z]+(?=@${PLACES}))`, 'g');
  const onServer = new RegExp(`\\b((?:${names})(?=-${run}@${DOMAIN})|[a-z]+(?=-${run}@${PLACES}))-${run}`, 'g');
  return {
    toServer: (text) => text.replace(inScript, `$1-${run}`),
    toScript: (text) => text.replace(onServer, '$1'),
  };
}

/** Makes the script's `subscribed:` lines true by the protocol itself, on resources that no step ever sees. */
async function subscribe(script: Script, newActor: (localpart: string) => Actor): Promise<void> {
  for (const pair of script.subscriptions) {
    const [subscriber = '', contact = ''] = pair.map((name) => script.actors.get(name)?.localpart ?? '');
    const [asking, granting] = [newActor(subscriber), newActor(contact)];
    await Promise.all([asking.connect('before'), granting.connect('before')]);
    asking.sendRaw(`<presence xmlns='jabber:client' type='subscribe' to='${contact}@${DOMAIN}'/>`);
    await asking.settle();
    granting.sendRaw(`<presence xmlns='jabber:client' type='subscribed' to='${subscriber}@${DOMAIN}'/>`);
    await granting.settle();
    await Promise.all([asking.disconnect(), granting.disconnect()]);
  }
}

async function runStep(stage: Stage, step: Step): Promise<void> {
  const actor = stage.cast.get(step.actor);
  const resource = stage.resources.get(step.actor);
  if (actor === undefined || resource === undefined) throw new Error('is not an actor');
  switch (step.verb) {
    case 'dials':
      return actor.dial();
    case 'opens a stream':
      return actor.openStream();
    case 'authenticates':
      return actor.authenticate();
    case 'connects':
      return actor.connect(resource);
    case 'logs in':
      return actor.logIn(resource);
    case 'disconnects':
      return actor.disconnect();
    case 'drops':
      return actor.drop();
    case 'sends':
      for (const stanza of parseBlock(fillIn(step.block, stage.captures))) actor.send(stanza);
      return;
    case 'sends raw':
      return actor.sendRaw(fillIn(step.block, stage.captures));
    case 'authenticates with':
      return actor.authenticateWith(parseBlock(fillIn(step.block, stage.captures), NS_SASL2));
    case 'authenticates by token with':
      return actor.authenticateByToken(parseBlock(fillIn(step.block, stage.captures), NS_SASL2));
    case 'receives':
      for (const pattern of parseBlock(step.block)) await expectInOrder(stage, actor, pattern);
      return;
    case 'receives in any order':
      return expectInAnyOrder(stage, actor, parseBlock(step.block));
    case 'receives nothing':
      return expectNothing(stage, actor);
    case 'is offered':
    case 'is not offered':
      return expectOffer(stage, actor, parseBlock(step.block), step.verb === 'is offered');
    case 'is closed with':
      return expectClosed(actor, step.condition);
    case 'enters':
      return enter(stage, actor, step.room, step.nick);
    case 'opens':
      return open(stage, actor, step.room, step.nick, fillIn(step.block, stage.captures));
  }
}

/** XEP-0045 §7.2; the presence of the newcomer is taken by all who are in the room. */
async function enter(stage: Stage, actor: Actor, room: string, nick: string): Promise<void> {
  const jid = `${room}@${ROOMS}`;
  await actor.enter(jid, nick);
  await Promise.all([...stage.cast.values()].map((other) => other.forget(`${jid}/${nick}`)));
}

/** XEP-0045 §10.1.2, §10.1.3: a new room with these fields of its form, or with what is the default. */
async function open(stage: Stage, actor: Actor, room: string, nick: string, fields: string): Promise<void> {
  const jid = `${room}@${ROOMS}`;
  await enter(stage, actor, room, nick);
  await actor.configure(jid, fields);
  await actor.forget(jid);
}

async function expectInOrder(stage: Stage, actor: Actor, pattern: XmlNode): Promise<void> {
  const stanza = await actor.take(isOptional(pattern)).catch((error: Error) => {
    throw new Error(`${error.message}\nexpected: ${printXml(pattern)}`);
  });
  const known = matchStanza(pattern, stanza, actor.jid, stage.captures);
  if (known === undefined) throw mismatch(stage, [pattern], [stanza, ...actor.unread]);
  stage.captures = known;
}

async function expectInAnyOrder(stage: Stage, actor: Actor, patterns: readonly XmlNode[]): Promise<void> {
  const stanzas: XmlNode[] = [];
  while (stanzas.length < patterns.length) {
    const next = await actor.take(patterns.some(isOptional)).catch((error: Error) => error);
    if (next instanceof Error) throw mismatch(stage, patterns, stanzas);
    stanzas.push(next);
  }
  const known = matchUnordered(patterns, stanzas, actor.jid, stage.captures);
  if (known === undefined) throw mismatch(stage, patterns, stanzas);
  stage.captures = known;
}

/**
 * Without a clock: RFC 6120 §10.1 has the server process each stream in order, so once it has answered a ping from
 * everybody, all they sent has been delivered; and once it then answers a ping from this actor, that has arrived too.
 */
async function expectNothing(stage: Stage, actor: Actor): Promise<void> {
  const online = [...stage.cast.values()].filter((other) => other.isOnline);
  await Promise.all(online.map((other) => other.settle()));
  if (actor.isOnline) await actor.settle();
  if (actor.unread.length > 0) throw new Error(`received\n${actor.unread.map((node) => printXml(node)).join('\n')}`);
}

async function expectOffer(stage: Stage, actor: Actor, patterns: readonly XmlNode[], wanted: boolean): Promise<void> {
  for (const pattern of patterns) {
    const fits = actor.features.map((feature) => matchNode(pattern, feature, stage.captures));
    const found = fits.find((captures) => captures !== undefined);
    if ((found !== undefined) !== wanted) throw mismatch(stage, [pattern], actor.features);
    stage.captures = found ?? stage.captures;
  }
}

async function expectClosed(actor: Actor, condition: string): Promise<void> {
  const actual = await actor.takeStreamError();
  if (actual !== condition) throw new Error(`expected ${condition}, got ${actual}`);
  await actor.gone();
}

function parseBlock(block: string, ns = 'jabber:client'): XmlNode[] {
  return elements(parseXml(`<block xmlns='${ns}'>${block}</block>`)).map(withoutIndentation);
}

/** White space between elements is the script's layout, unless the element has text of its own. */
function withoutIndentation(node: XmlNode): XmlNode {
  const isLayout = node.children.every((child) => typeof child !== 'string' || child.trim() === '');
  const kept = elements(node).length > 0 && isLayout ? elements(node) : node.children;
  return { ...node, children: kept.map((child) => (typeof child === 'string' ? child : withoutIndentation(child))) };
}

function mismatch(stage: Stage, patterns: readonly XmlNode[], stanzas: readonly XmlNode[]): Error {
  const expected = patterns.map((pattern) => fillIn(printXml(pattern), stage.captures));
  const came = stanzas.map((stanza) => printXml(stanza));
  return new Error(`\nexpected: ${expected.join('\n          ')}\nbut came: ${came.join('\n          ') || 'nothing'}`);
}
