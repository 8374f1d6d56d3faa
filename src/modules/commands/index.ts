/** XEP-0050: Ad-Hoc Commands: the commands of administrators in any client, those of XEP-0133 under its names */
import { z } from 'zod';
import { CommandError, defineModule, type Element, type Iq, Jid, NS_DATA_FORMS, ns, StanzaError } from '#core';
import disco from '#modules/disco';
import { formFor, inputsFrom } from './form.ts';
import { NS_ADMIN, NS_COMMANDS } from './namespaces.ts';
import { type CommandNode, nodesOf } from './nodes.ts';
import { refusal } from './refusal.ts';
import { resultForms } from './result.ts';
import { CommandSessions } from './sessions.ts';

const command = ns(NS_COMMANDS);

const bareJid = z.string().refine((text) => Jid.tryParse(text)?.toString() === text && Jid.parse(text).isBare, {
  error: 'not a bare JID in lower case',
});

const config = z.strictObject({
  admins: z
    .array(bareJid)
    .max(10_000)
    .default([])
    .describe(
      'Bare JIDs of those who may run the commands; they are administrators of the whole server, all its hosts',
    ),
  max_sessions: z.int().min(1).max(100_000).default(100).describe('Most commands that wait for their form at a time'),
  session_seconds: z.int().min(10).max(86_400).default(600).describe('How long a command waits for its form'),
});

export default defineModule({
  name: 'commands',
  xeps: [
    { xep: 50, version: '1.3.0' },
    {
      xep: 133,
      version: '1.3.1',
      status: 'partial',
      note: 'accounts, passwords, sessions, who is online, announcements, shut down',
    },
  ],
  config,
  requires: [disco],
  setup(host) {
    const { admins, max_sessions, session_seconds } = host.config;
    const allowed = new Set(admins);
    const sessions = new CommandSessions(host.clock, { most: max_sessions, lifetimeMs: session_seconds * 1000 });
    let known: ReadonlyMap<string, CommandNode> | undefined;
    // Not before the first request: the commands of all modules are there by then.
    const nodes = (): ReadonlyMap<string, CommandNode> => {
      known ??= nodesOf(host);
      return known;
    };
    const isAdmin = (iq: Iq) => iq.from !== undefined && allowed.has(iq.from.bare().toString());

    host.feature(NS_COMMANDS);
    const discovery = host.use(disco);
    // §2.2: nobody is shown what is not for him.
    discovery.onNodeItems(NS_COMMANDS, (iq) => {
      if (!isAdmin(iq)) return [];
      return [...nodes().values()].map(({ node, title }) => ({ node, name: title }));
    });
    discovery.onNode((node, iq) => {
      if (node === NS_COMMANDS) {
        return { identities: [{ category: 'automation', type: 'command-list' }], features: [NS_COMMANDS] };
      }
      const found = nodes().get(node);
      if (found === undefined) return undefined;
      if (!isAdmin(iq)) throw forbidden();
      const identities = [{ category: 'automation', type: 'command-node', name: found.title }];
      return { identities, features: [NS_COMMANDS, NS_DATA_FORMS] };
    });

    host.iq('set', 'command', NS_COMMANDS, 'host', (iq) => {
      const { payload, from } = iq;
      if (payload === undefined || from === undefined) throw new StanzaError('bad-request');
      const { node: name, sessionid, action = 'execute' } = payload.attrs;
      if (name === undefined) throw new StanzaError('bad-request', 'a command has a node');
      if (!isAdmin(iq)) throw forbidden();
      const node = nodes().get(name);
      if (node === undefined) throw unknown(name);
      // §4.4
      if (!['execute', 'cancel', 'prev', 'next', 'complete'].includes(action)) throw refusal('malformed-action');
      // §3.7. The language of the stanza is often that of the user's stream and no wish: English is better than nothing there.
      if (!/^(?:en\b|$)/i.test(payload.attr('xml:lang') ?? '')) throw refusal('bad-locale', 'there is English only');
      if (sessionid === undefined) return begin(node, from, action);
      sessions.check(sessionid, from, name);
      return goOn(node, payload, sessionid, action, from);
    });

    /** §2.4.1, §2.4.2 */
    function begin(node: CommandNode, from: Jid, action: string): Element | Promise<Element> {
      if (action !== 'execute') throw refusal('bad-action', 'no session of the command has begun');
      if (node.isImmediate) return run(node, sessions.once(from, node.node), [{}], from);
      const sessionid = sessions.begin(from, node.node);
      const actions = command('actions', { execute: 'complete' }, command('complete'));
      return answer(node, sessionid, 'executing', [actions, formFor(node)]);
    }

    function goOn(
      node: CommandNode,
      payload: Element,
      sessionid: string,
      action: string,
      from: Jid,
    ): Element | Promise<Element> {
      switch (action) {
        case 'cancel': // §2.4.3
          sessions.end(sessionid);
          return answer(node, sessionid, 'canceled', []);
        case 'execute':
        case 'complete':
          return run(node, sessionid, inputsOf(node, payload), from);
        default: // §3.4: there is one form, so nothing is before or after it.
          throw refusal('bad-action', `${action} is none of the actions of this stage`);
      }
    }

    function inputsOf(node: CommandNode, payload: Element): readonly Record<string, unknown>[] {
      const spec = host.commands.get(node.command);
      let inputs: readonly Record<string, unknown>[] | undefined;
      try {
        inputs = spec && inputsFrom(payload, node, spec);
      } catch (error) {
        throw error instanceof StanzaError ? refusal('bad-payload', error.text) : error;
      }
      if (inputs === undefined) throw refusal('bad-payload', 'the form is missing');
      // All of them before any is run.
      for (const input of inputs) {
        const issues = spec?.input.safeParse(input).error?.issues ?? [];
        if (issues.length > 0) throw refusal('bad-payload', textOf(issues));
      }
      return inputs;
    }

    /**
     * §3.6: a command that fails is completed too, with a note that says why. XEP-0133 §5: one that cannot be completed because
     * of a conflict is answered with that; of several accounts each has its own answer.
     */
    async function run(
      node: CommandNode,
      sessionid: string,
      inputs: readonly Record<string, unknown>[],
      from: Jid,
    ): Promise<Element> {
      sessions.end(sessionid);
      if (!node.isImmediate) host.log.info({ command: node.command, by: from.toString() }, 'a command by a client');
      const parts: Element[] = [];
      for (const input of inputs) {
        try {
          parts.push(...resultForms(node, (await host.commands.run(node.command, input)) as Record<string, unknown>));
        } catch (error) {
          if (node.formType === NS_ADMIN && inputs.length === 1 && isConflict(error)) throw error;
          if (error instanceof CommandError) parts.push(command('note', { type: 'error' }, textOf(error.issues)));
          else if (error instanceof StanzaError)
            parts.push(command('note', { type: 'error' }, error.text ?? error.condition));
          else throw error;
        }
      }
      return answer(node, sessionid, 'completed', parts);
    }
  },
});

function answer({ node }: CommandNode, sessionid: string, status: string, parts: readonly Element[]): Element {
  return command('command', { node, sessionid, status, 'xml:lang': 'en' }, parts);
}

/** §4.4; XEP-0133 §5 has another condition for a use case that is not served. */
function unknown(name: string): StanzaError {
  const condition = name.startsWith(`${NS_ADMIN}#`) ? 'feature-not-implemented' : 'item-not-found';
  return new StanzaError(condition, `there is no command ${name}`);
}

function isConflict(error: unknown): boolean {
  return error instanceof StanzaError && error.condition === 'conflict';
}

/** §4.4 has it with type cancel. */
function forbidden(): StanzaError {
  return new StanzaError('forbidden', 'commands are for administrators', { type: 'cancel' });
}

function textOf(issues: readonly { readonly path: unknown; readonly message: string }[]): string {
  return issues.map(({ path, message }) => [path].flat().join('.').concat(': ', message)).join('; ');
}
