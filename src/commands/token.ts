import { ADMIN_SCOPE, type ApiToken, type Command, defineCommand, groupOf, momentOf, StanzaError } from '#core';
import type { ServerControl } from './server-control.ts';
import { tokenCreate, tokenList, tokenRevoke } from './specs/token.ts';

export function tokenCommands({ tokens, commands, clock }: ServerControl): Command[] {
  return [
    defineCommand({
      ...tokenCreate,
      async run({ label, scope, expires }) {
        checkScopes(scope);
        const wanted = {
          label,
          scopes: [...new Set(scope)],
          expires: expires === undefined ? undefined : momentOf(expires, clock.now()),
        };
        const { text, token } = await tokens.create(wanted);
        return { token: text, ...described(token) };
      },
    }),
    defineCommand({
      ...tokenList,
      run: async () => ({ tokens: (await tokens.list()).map(described) }),
    }),
    defineCommand({
      ...tokenRevoke,
      async run({ id }) {
        await tokens.revoke(id);
        return { id };
      },
    }),
  ];

  function checkScopes(wanted: readonly string[]): void {
    const groups = new Set(commands.list().map(groupOf));
    const known = [ADMIN_SCOPE, ...[...groups].flatMap((group) => [`${group}:read`, `${group}:write`])];
    const odd = wanted.find((scope) => !known.includes(scope));
    if (odd !== undefined)
      throw new StanzaError('bad-request', `there is no scope ${odd}; there are ${known.join(', ')}`);
  }
}

function described({ id, label, scopes, created, expires }: ApiToken) {
  return {
    id,
    label,
    scopes: scopes.join(' '),
    created: new Date(created).toISOString(),
    expires: expires === undefined ? undefined : new Date(expires).toISOString(),
  };
}
