/** A game client that is told stanzas: each is written as a request of the Mars protocol, and what comes is read back as a stanza */
import {
  attributes,
  Element,
  limitsSchema,
  MisshapenStanza,
  parseStored,
  type Stanza,
  shapeStanza,
  xmlLimits,
} from '#core';
import { type Body, type BodyInit, Command } from '#protocol/mars';
import { errorElement } from '../../../src/transports/tcp-mars/stanza-mapping/error.ts';
import { fromExtension, toExtension } from '../../../src/transports/tcp-mars/stanza-mapping/extension.ts';
import { rosterQuery } from '../../../src/transports/tcp-mars/stanza-mapping/roster.ts';
import {
  iqElement,
  messageElement,
  presenceElement,
  toBody,
} from '../../../src/transports/tcp-mars/stanza-mapping/stanza.ts';
import { loggedIn, MarsClient } from '../../support/mars-client.ts';
import { MarsScenes } from './mars-scenes.ts';
import type { Wire, WireEvents } from './wire.ts';
import { parseXml, type XmlNode } from './xml.ts';

const NS_CLIENT = 'jabber:client';
const limits = xmlLimits(limitsSchema.parse({}), 'logged in');
const COMMANDS = { message: Command.message, presence: Command.presence, iq: Command.iq } as const;

export async function dialMars(port: number, events: WireEvents): Promise<Wire> {
  const client = await MarsClient.tcp(port);
  const asked = new Map<number, Element>();
  const scenes = new MarsScenes();
  let jid = '';

  const arrived = (element: Element): void => events.element(parseXml(element.toString()) as XmlNode);
  void client.closed.then(events.gone);

  /** Reads until the connection is gone. */
  async function read(): Promise<void> {
    for (;;) {
      const { cmdid, seq, body } = await client.next();
      const request = asked.get(seq);
      asked.delete(seq);
      if (seq === 0 && cmdid === Command.stanza) arrived(stanzaOf(body));
      else if (seq === 0) scenes.push(body).forEach(arrived);
      else if (cmdid === Command.logout) events.ended();
      else if (request !== undefined) answered(request, body);
    }
  }

  /** What went well is told by no stanza, but for iq and what was said in a room. */
  function answered(request: Element, body: Body): void {
    if (body.type !== '') return arrived(stanzaOf(body));
    if (body.from !== '') return arrived(request.with({ to: jid, from: body.from }));
    if (body.error === undefined) return inScene(request, body);
    const from = request.attrs.to ?? jid.replace(/\/.*/, '');
    const attrs = attributes({ type: 'error', id: request.attrs.id, from, to: jid });
    arrived(new Element(request.name, NS_CLIENT, attrs, [errorElement(body.error, limits)]));
  }

  /** What went well with a command of scenes. */
  function inScene(request: Element, body: Body): void {
    if (scenes.request(request) === undefined) return;
    const next = scenes.next(request, body);
    if (next !== undefined) client.send(next.cmdid, next.body);
    scenes.answer(request, body).forEach(arrived);
  }

  return {
    async logIn(username, password, resource) {
      await client.hello('localhost', 'device', 'en');
      ({ jid } = loggedIn(await client.scram(username, password, { resource }, 'SCRAM-SHA-1')));
      void read().catch(() => {});
      return jid;
    },
    open() {
      throw new Error('there are no streams in the Mars protocol');
    },
    send(text) {
      const element = parseStored(
        text.replace(/^(<(?:message|presence|iq))(?![^>]* xmlns=)/, `$1 xmlns='${NS_CLIENT}'`),
      );
      const said = scenes.request(element);
      if (said !== undefined) {
        asked.set(client.send(said.cmdid, said.body), element);
        return;
      }
      const cmdid = COMMANDS[element.name as keyof typeof COMMANDS];
      const body = { ...toBody(stanzaFrom(element)), ...asWritten(element) } as BodyInit;
      asked.set(client.send(cmdid, body), element);
    },
    close: () => void client.send(Command.logout),
    finish: () => {},
    destroy: () => client.destroy(),
  };
}

/** Also one that is not as it should be: the server has to say so. */
function stanzaFrom(element: Element): Stanza {
  try {
    return shapeStanza(element, {});
  } catch (error) {
    if (error instanceof MisshapenStanza) return error.stanza;
    throw error;
  }
}

/** What a stanza without addresses has lost, and requests of any kind in the command for all. */
function asWritten(element: Element): BodyInit {
  const { to = '', from = '' } = element.attrs;
  const [payload] = element.name === 'iq' ? element.elements().filter(({ name }) => name !== 'error') : [];
  if (payload === undefined) return { to, from };
  return { to, from, payload: { case: 'iq', value: { payload: toExtension(payload) } } };
}

function stanzaOf(body: Body): Element {
  const { payload } = body;
  switch (payload.case) {
    case 'message':
      return messageElement(body, payload.value, limits);
    case 'presence':
      return presenceElement(body, payload.value, limits);
    case 'roster':
      return iqElement(body, rosterQuery(payload.value), limits);
    default: {
      const extension = payload.case === 'iq' ? payload.value.payload : undefined;
      return iqElement(body, extension && fromExtension(extension, limits), limits);
    }
  }
}
