/** A service that the server under test asks by HTTP */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Question {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: what the test expects it to be
  readonly body: any;
}

export interface HttpService {
  readonly url: string;
  readonly questions: readonly Question[];
  close(): Promise<void>;
}

/** @param answer the status; or what it does with the response itself */
export async function startHttpService(
  answer: (question: Question, response: ServerResponse) => number | undefined,
): Promise<HttpService> {
  const questions: Question[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const text = Buffer.concat(parts).toString();
      const { url: path = '', method = '', headers } = request;
      const question = { path, method, headers, body: text === '' ? undefined : JSON.parse(text) };
      questions.push(question);
      const status = answer(question, response);
      if (status !== undefined) response.writeHead(status).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    questions,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
