/** What every answer has in common: headers that protect browsers, and errors that tell nothing about the server */
import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import type { Logger } from '#core';

export const HEADERS = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

export function answerFaults(app: FastifyInstance, log: Logger): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(HEADERS);
  });
  app.setNotFoundHandler(async (_request, reply) => answerPlainly(reply, 404));
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) log.error({ err: error, method: request.method, url: request.url }, 'a request failed');
    return answerPlainly(reply, status);
  });
}

/** The name of the status, nothing else. */
export function answerPlainly(reply: FastifyReply, status: number): FastifyReply {
  return reply.headers(HEADERS).code(status).type('text/plain; charset=utf-8').send(`${STATUS_CODES[status]}\n`);
}
