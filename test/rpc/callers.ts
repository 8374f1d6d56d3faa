/** The same calls by an XMPP client and by a game client, and what became of them in the same words */
import { Command, type RpcInput } from '#protocol/mars';
import { childNamed, elements, textOf, type XmlNode } from '../scenarios/runner/xml.ts';
import type { MarsServer } from '../support/mars-server.ts';
import { User } from '../support/user.ts';

export interface Outcome {
  /** Undefined where there is no answer of the service. */
  readonly code?: number;
  readonly text?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  /** RFC 6120 §8.3.3, where the server refused. */
  readonly condition?: string;
}

export interface Told {
  readonly service: string;
  readonly type: string;
  readonly body: string;
  readonly headers: Record<string, string>;
}

export interface Caller {
  readonly jid: string;
  call(method: string, body?: Uint8Array, headers?: Record<string, string>): Promise<Outcome>;
  callOneWay(method: string): Promise<void>;
  /** The next notification. */
  told(): Promise<Told>;
  close(): void;
}

export async function xmppCaller({ server }: MarsServer): Promise<Caller> {
  const user = await User.logIn({ domain: 'localhost', port: server.port('tcp') }, 'juliet', 'phone');
  const ask = (method: string, attrs: string, content: string) =>
    user.ask(
      'localhost',
      `<call xmlns='urn:tharsis:rpc:0' service='Shop' method='${method}'${attrs}>${content}</call>`,
      'set',
    );
  return {
    jid: user.jid,
    async call(method, body = new Uint8Array(0), headers = {}) {
      const lines = Object.entries(headers).map(([name, value]) => `<header name='${name}'>${value}</header>`);
      const answer = await ask(method, '', `${lines.join('')}<body>${Buffer.from(body).toString('base64')}</body>`);
      const error = childNamed(answer, 'error');
      if (error !== undefined) return { condition: elements(error)[0]?.name ?? '' };
      const output = childNamed(answer, 'answer') as XmlNode;
      const { code = '', text = '' } = output.attrs;
      return { code: Number(code), text, ...contentOf(output) };
    },
    async callOneWay(method) {
      await ask(method, " one-way='true'", '');
    },
    async told() {
      const stanza = await user.sees("<message from='localhost' type='headline'>...</message>");
      const notify = childNamed(stanza, 'notify') as XmlNode;
      const { service = '', type = '' } = notify.attrs;
      return { service, type, ...contentOf(notify) };
    },
    close: () => user.drop(),
  };
}

function contentOf(node: XmlNode): { body: string; headers: Record<string, string> } {
  const headers = elements(node).filter(({ name }) => name === 'header');
  const body = childNamed(node, 'body');
  return {
    body: Buffer.from(body === undefined ? '' : textOf(body), 'base64').toString(),
    headers: Object.fromEntries(headers.map((header) => [header.attrs.name ?? '', textOf(header)])),
  };
}

export async function gameCaller(mars: MarsServer): Promise<Caller> {
  const client = await mars.connect();
  const { jid } = await client.logIn('romeo');
  const ask = (value: Partial<Omit<RpcInput, '$typeName'>>) =>
    client.ask(Command.rpc, { payload: { case: 'rpcInput', value: { serviceName: 'Shop', ...value } } });
  return {
    jid,
    async call(methodName, requestBuffer = new Uint8Array(0), headers = {}) {
      const { payload, error } = await ask({ methodName, requestBuffer, headers });
      if (payload.case !== 'rpcOutput') return { condition: error?.condition ?? '' };
      const { retCode: code, retDesc: text, responseBuffer, headers: given } = payload.value;
      return { code, text, body: Buffer.from(responseBuffer).toString(), headers: given };
    },
    async callOneWay(methodName) {
      await ask({ methodName, oneWay: true });
    },
    async told() {
      const { payload } = await client.push();
      if (payload.case !== 'rpcOutput') throw new Error(`a push of ${payload.case}`);
      const { serviceName: service, methodName: type, responseBuffer, headers } = payload.value;
      return { service, type, body: Buffer.from(responseBuffer).toString(), headers };
    },
    close: () => client.destroy(),
  };
}
