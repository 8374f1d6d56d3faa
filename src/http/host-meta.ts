/** XEP-0156 §3: where else XMPP is spoken, for clients that know no more than a domain (RFC 6415) */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type AlternativeConnection, ns } from '#core';
import { answerPlainly } from './faults.ts';

const xrd = ns('http://docs.oasis-open.org/ns/xri/xrd-1.0');

interface Link {
  readonly rel: string;
  readonly href: string;
}

export async function hostMeta(
  app: FastifyInstance,
  { announced }: { announced: readonly AlternativeConnection[] },
): Promise<void> {
  const serve = (path: string, type: string, form: (links: readonly Link[]) => string): void => {
    app.get(path, async (request, reply) => {
      const links = linksFor(request, announced);
      if (links === undefined) return answerPlainly(reply, 400);
      return publicly(reply).type(type).send(form(links));
    });
  };
  serve('/.well-known/host-meta', 'application/xrd+xml; charset=utf-8', asXrd);
  serve('/.well-known/host-meta.json', 'application/json; charset=utf-8', asJson);
}

/** With the authority the client used, whatever proxy or port mapping is between; undefined when it is none. */
function linksFor(request: FastifyRequest, announced: readonly AlternativeConnection[]): Link[] | undefined {
  const { host = '' } = request.headers;
  if (!isAuthority(host)) return undefined;
  const secure = request.protocol === 'https' ? 1 : 0;
  return announced.map(({ rel, path, schemes }) => ({ rel, href: `${schemes[secure]}://${host}${path}` }));
}

function isAuthority(host: string): boolean {
  return host.length <= 261 && /^(?:[a-z\d](?:[a-z\d.-]*)|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(host);
}

/** XEP-0156 §3: web clients read it from pages of other origins. */
function publicly(reply: FastifyReply): FastifyReply {
  return reply.header('access-control-allow-origin', '*').header('vary', 'host');
}

function asXrd(links: readonly Link[]): string {
  const document = xrd('XRD', {}, ...links.map(({ rel, href }) => xrd('Link', { rel, href })));
  return `<?xml version="1.0" encoding="utf-8"?>\n${document}\n`;
}

function asJson(links: readonly Link[]): string {
  return `${JSON.stringify({ links })}\n`;
}
