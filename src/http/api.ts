/** /v1: the commands of administrators, for programs that have a bearer token (RFC 6750) */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  type ApiTokens,
  type Command,
  type CommandFailure,
  type CommandRegistry,
  clientAddress,
  failed,
  failureOf,
  inputFromTexts,
  type Logger,
  type LoginLimiter,
  type Metric,
  scopeOf,
} from '#core';
import { BearerRefused, checkScope, tokenOf } from './bearer.ts';
import { openApi } from './openapi.ts';

export interface ApiParts {
  readonly commands: CommandRegistry;
  readonly tokens: ApiTokens;
  /** Counts wrong tokens. */
  readonly limiter: LoginLimiter;
  /** What /metrics shows. */
  metrics(): Iterable<Metric>;
}

interface ApiOptions extends ApiParts {
  readonly bodyBytes: number;
  readonly log: Logger;
}

interface CommandRequest {
  Params: { readonly group: string; readonly verb: string };
  Querystring: Readonly<Record<string, string | readonly string[]>>;
}

export async function api(
  app: FastifyInstance,
  { commands, tokens, limiter, bodyBytes, log }: ApiOptions,
): Promise<void> {
  let description: object | undefined;

  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  app.setNotFoundHandler(async (_request, reply) => answer(reply, failed('item-not-found', 'there is nothing here')));
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    if (error instanceof BearerRefused) {
      if (error.challenge !== undefined) reply.header('www-authenticate', error.challenge);
      return answer(reply, error.failure);
    }
    const failure = failureOf(error) ?? httpFailure(error);
    if (failure.status >= 500) log.error({ err: error, method: request.method, url: request.url }, 'a command failed');
    return answer(reply, failure);
  });

  app.get('/openapi.json', async () => {
    description ??= openApi(commands.list());
    return description;
  });

  app.all<CommandRequest>('/:group/:verb', {
    bodyLimit: bodyBytes,
    onRequest: async (request, reply) => {
      const address = clientAddress(request.raw.socket);
      const token = await tokenOf(request.headers.authorization, address, { tokens, limiter, log });
      const command = commandOf(request);
      const method = command.reads ? 'GET' : 'POST';
      if (request.method !== method) {
        return answer(reply.header('allow', method), failed('not-allowed', `${command.name} is under ${method}`, 405));
      }
      checkScope(token, scopeOf(command));
      if (!command.reads) log.info({ command: command.name, token: token.id, peer: address }, 'a command by the API');
    },
    handler: async (request) => {
      const command = commandOf(request);
      const input = command.reads ? inputFromTexts(command, textsOf(request.query)) : (request.body ?? {});
      return commands.run(command.name, input);
    },
  });

  /** @throws StanzaError item-not-found */
  function commandOf({ params: { group, verb } }: FastifyRequest<CommandRequest>): Command {
    return commands.named(`${group}.${verb}`);
  }
}

function answer(reply: FastifyReply, { status, body }: CommandFailure): FastifyReply {
  return reply.code(status).send(body);
}

/** What is wrong with the request itself; what is wrong with the server is told to its log alone. */
function httpFailure({ statusCode: status = 500, message }: FastifyError): CommandFailure {
  if (status === 413) return failed('policy-violation', 'the body is too large', status);
  if (status === 415) return failed('not-acceptable', 'the body has to be application/json', status);
  if (status < 500) return failed('bad-request', message, status);
  return failed('internal-server-error', 'the server failed at this; its log says why');
}

function textsOf(query: CommandRequest['Querystring']): Map<string, readonly string[]> {
  return new Map(Object.entries(query).map(([name, text]) => [name, [text].flat()]));
}
