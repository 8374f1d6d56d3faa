/** What a browser sees that asks for nothing in particular */
import type { FastifyInstance } from 'fastify';
import { escapeText } from '#core';

export async function startPage(
  app: FastifyInstance,
  { domain, hasChat, hasScene }: { domain: string; hasChat: boolean; hasScene: boolean },
): Promise<void> {
  const chat = hasChat ? '\n<p><a href="/chat">Chat in the browser</a></p>' : '';
  const scene = hasScene ? '\n<p><a href="/scene">Walk on the plaza</a></p>' : '';
  const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeText(domain)}</title>
<h1>${escapeText(domain)}</h1>
<p>An XMPP server. Log in with any XMPP client.</p>${chat}${scene}
</html>
`;
  app.get('/', async (_request, reply) => reply.type('text/html; charset=utf-8').send(page));
}
