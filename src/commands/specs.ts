/** The commands of every server. No other import than zod: the command line needs these without the server behind them. */
import { z } from 'zod';
import type { CommandSpec } from '#core';
import { groupCreate } from '../modules/muc/specs.ts';
import { userMute, userUnmute } from '../modules/mute/specs.ts';
import { rpcBackends, rpcNotify } from '../modules/rpc/specs.ts';
import { sceneMove } from '../modules/scene/specs.ts';

const account = z.string().min(1).max(3071).describe('Bare JID of the account, such as alice@localhost');
const password = z.string().min(1).max(1023).describe('Password').meta({ secret: true });
const credentials = z
  .enum(['scram', 'argon2'])
  .optional()
  .describe('How the password is kept; default: what the configuration says');
/** Read by momentOf. */
const moment = z.string().min(2).max(40);
const accountOutput = z.object({ jid: z.string() });

export const userAdd = {
  name: 'user.add',
  summary: 'Make an account',
  input: z.strictObject({ jid: account, password, credentials }),
  output: accountOutput,
  positional: ['jid'],
} as const satisfies CommandSpec;

export const userPasswd = {
  name: 'user.passwd',
  summary: 'Set the password of an account; its sessions go on',
  input: z.strictObject({ jid: account, password }),
  output: accountOutput,
  positional: ['jid'],
} as const satisfies CommandSpec;

export const userDelete = {
  name: 'user.delete',
  summary: 'Delete an account with all its data, and end its sessions',
  input: z.strictObject({ jid: account }),
  output: accountOutput,
  positional: ['jid'],
} as const satisfies CommandSpec;

export const userList = {
  name: 'user.list',
  summary: 'List accounts in order',
  input: z.strictObject({
    host: z.string().min(1).optional().describe('Only this virtual host'),
    after: account.optional().describe('Go on after this account'),
    limit: z.int().min(1).max(1_000).default(100).describe('Most accounts to list'),
  }),
  output: z.object({
    users: z.array(z.object({ jid: z.string(), disabled: z.boolean(), created: z.iso.datetime() })),
    /** Whether there are accounts after these. */
    more: z.boolean(),
  }),
  reads: true,
} as const satisfies CommandSpec;

export const userDisable = {
  name: 'user.disable',
  summary: 'Let an account no longer log in, and end its sessions',
  input: z.strictObject({ jid: account }),
  output: accountOutput,
  positional: ['jid'],
} as const satisfies CommandSpec;

export const userEnable = {
  name: 'user.enable',
  summary: 'Let a disabled account log in again',
  input: z.strictObject({ jid: account }),
  output: accountOutput,
  positional: ['jid'],
} as const satisfies CommandSpec;

export const userBan = {
  name: 'user.ban',
  summary: 'Let an account not log in until a time, and end its sessions',
  input: z.strictObject({
    jid: account,
    until: moment.describe('2027-01-31T12:00:00Z, or how long: 15m, 12h, 30d'),
    reason: z.string().min(1).max(1_000).optional().describe('Text for the user'),
  }),
  output: z.object({ jid: z.string(), until: z.iso.datetime() }),
  positional: ['jid', 'until'],
} as const satisfies CommandSpec;

export const userUnban = {
  name: 'user.unban',
  summary: 'Let a banned account log in again',
  input: z.strictObject({ jid: account }),
  output: accountOutput,
  positional: ['jid'],
} as const satisfies CommandSpec;

export const sessionList = {
  name: 'session.list',
  summary: 'List the sessions',
  input: z.strictObject({
    jid: account.optional().describe('Only those of this account'),
    after: z.string().min(1).max(3071).optional().describe('Go on after this session (full JID)'),
    limit: z.int().min(1).max(10_000).default(1_000).describe('Most sessions to list'),
  }),
  output: z.object({
    sessions: z.array(
      z.object({
        jid: z.string(),
        transport: z.string(),
        address: z.string(),
        /** As the client calls it (XEP-0388 §2.3). */
        device: z.string().optional(),
        software: z.string().optional(),
        tls: z.boolean(),
        available: z.boolean(),
        priority: z.int(),
        since: z.iso.datetime(),
      }),
    ),
    more: z.boolean(),
  }),
  positional: ['jid'],
  reads: true,
} as const satisfies CommandSpec;

const tally = z.array(z.object({ name: z.string(), sessions: z.int() }));

export const sessionCount = {
  name: 'session.count',
  summary: 'Count who is online',
  input: z.strictObject({ host: z.string().min(1).optional().describe('Only this virtual host') }),
  output: z.object({ sessions: z.int(), users: z.int(), hosts: tally, transports: tally }),
  reads: true,
} as const satisfies CommandSpec;

export const sessionKick = {
  name: 'session.kick',
  summary: 'End one session (full JID) or all of an account (bare JID)',
  input: z.strictObject({
    jid: z.string().min(1).max(3071).describe('Full or bare JID'),
    reason: z.string().min(1).max(1_000).optional().describe('Text for the client'),
  }),
  output: z.object({ kicked: z.array(z.string()) }),
  positional: ['jid'],
} as const satisfies CommandSpec;

const remoteDomain = z.string().min(1).max(1023).describe('Domain of the other server, such as example.org');

export const s2sList = {
  name: 's2s.list',
  summary: 'List the streams with other servers, and the domains that cannot be reached',
  input: z.strictObject({
    domain: remoteDomain.optional().describe('Only those with this domain'),
    limit: z.int().min(1).max(10_000).default(1_000).describe('Most streams to list'),
  }),
  output: z.object({
    streams: z.array(
      z.object({
        domain: z.string(),
        host: z.string(),
        direction: z.enum(['incoming', 'outgoing', 'both']),
        state: z.string(),
        address: z.string().optional(),
        tls: z.string().optional(),
        /** EXTERNAL, dialback, or a certificate that made dialback needless. */
        proof: z.string().optional(),
        received: z.int(),
        sent: z.int(),
        waiting: z.int(),
        since: z.iso.datetime().optional(),
        failure: z.string().optional(),
      }),
    ),
    more: z.boolean(),
  }),
  positional: ['domain'],
  reads: true,
} as const satisfies CommandSpec;

export const s2sTest = {
  name: 's2s.test',
  summary: 'Open a stream to the server of a domain, and tell each step',
  input: z.strictObject({
    domain: remoteDomain,
    from: z.string().min(1).optional().describe('Which of our domains asks; default: the first'),
  }),
  output: z.object({ reached: z.boolean(), steps: z.array(z.object({ ms: z.int(), step: z.string() })) }),
  positional: ['domain'],
} as const satisfies CommandSpec;

export const s2sClose = {
  name: 's2s.close',
  summary: 'Close the streams with a domain, and answer what waits for it with an error',
  input: z.strictObject({ domain: remoteDomain }),
  output: z.object({ domain: z.string(), closed: z.int() }),
  positional: ['domain'],
} as const satisfies CommandSpec;

export const serverStatus = {
  name: 'server.status',
  summary: 'Show what the server serves and how it is',
  input: z.strictObject({}),
  output: z.object({
    version: z.string(),
    node: z.string(),
    pid: z.int(),
    started: z.iso.datetime(),
    uptime_seconds: z.int(),
    /** Resident set, in bytes. */
    memory_bytes: z.int(),
    sessions: z.int(),
    hosts: z.array(z.object({ domain: z.string(), sessions: z.int() })),
    listeners: z.array(
      z.object({
        transport: z.string(),
        address: z.string(),
        port: z.int(),
        tls: z.string().optional(),
        /** In base64, where clients have to know it beforehand. */
        public_key: z.string().optional(),
      }),
    ),
  }),
  reads: true,
} as const satisfies CommandSpec;

export const serverReload = {
  name: 'server.reload',
  summary: 'Read configuration and certificates again, and apply what can be applied now',
  input: z.strictObject({}),
  output: z.object({
    changes: z.array(
      z.object({ path: z.string(), before: z.unknown(), after: z.unknown(), reload: z.enum(['live', 'restart']) }),
    ),
  }),
} as const satisfies CommandSpec;

export const serverStop = {
  name: 'server.stop',
  summary: 'Stop the server: every stream gets system-shutdown',
  input: z.strictObject({}),
  output: z.object({ pid: z.int() }),
} as const satisfies CommandSpec;

const text = {
  body: z.string().min(1).max(10_000).describe('Text'),
  subject: z.string().min(1).max(1_000).optional().describe('Subject'),
  type: z
    .enum(['normal', 'headline'])
    .default('normal')
    .describe('headline is for those who are there, and is never kept'),
  store: z.boolean().default(true).describe('Keep it in archives, and for those who are away'),
};

export const messageSend = {
  name: 'message.send',
  summary: 'Send a message of the server to one user',
  input: z.strictObject({ jid: account, ...text }),
  output: accountOutput,
  positional: ['jid', 'body'],
} as const satisfies CommandSpec;

const job = {
  id: z.string(),
  /** Users it is for. */
  total: z.int(),
  /** Of them, those it was sent to so far. */
  sent: z.int(),
  state: z.enum(['running', 'done', 'stopped']),
};

export const messageBroadcast = {
  name: 'message.broadcast',
  summary: 'Send a message of the server to everybody online, or to a list of users',
  input: z.strictObject({
    ...text,
    users: z.array(account).min(1).max(10_000).optional().describe('Only to these, online or not'),
    host: z.string().min(1).optional().describe('Only to who is online on this virtual host'),
  }),
  output: z.object(job),
  positional: ['body'],
} as const satisfies CommandSpec;

const jobId = z.strictObject({ id: z.string().min(1).max(100).describe('As message broadcast answered it') });

export const messageProgress = {
  name: 'message.progress',
  summary: 'Tell how far a broadcast is',
  input: jobId,
  output: z.object(job),
  positional: ['id'],
  reads: true,
} as const satisfies CommandSpec;

export const messageStop = {
  name: 'message.stop',
  summary: 'Stop a broadcast: who has not got it by now will not',
  input: jobId,
  output: z.object(job),
  positional: ['id'],
} as const satisfies CommandSpec;

const tokenOutput = z.object({
  id: z.string(),
  label: z.string(),
  /** Separated by spaces, as in RFC 6749 §3.3. */
  scopes: z.string(),
  created: z.iso.datetime(),
  expires: z.iso.datetime().optional(),
});

export const tokenCreate = {
  name: 'token.create',
  summary: 'Make a token for the HTTP API; it is shown this once',
  input: z.strictObject({
    label: z.string().max(200).default('').describe('What it is for, for lists'),
    scope: z
      .array(z.string().min(1).max(100))
      .min(1)
      .max(100)
      .describe('What it is good for: user:read, user:write and so on, or admin for everything'),
    expires: moment.optional().describe('Until 2027-01-31T12:00:00Z, or for 12h, 30d; default: until it is revoked'),
  }),
  output: z.object({ token: z.string(), ...tokenOutput.shape }),
  needsAdmin: true,
} as const satisfies CommandSpec;

export const tokenList = {
  name: 'token.list',
  summary: 'List the tokens for the HTTP API',
  input: z.strictObject({}),
  output: z.object({ tokens: z.array(tokenOutput) }),
  reads: true,
  needsAdmin: true,
} as const satisfies CommandSpec;

export const tokenRevoke = {
  name: 'token.revoke',
  summary: 'End a token at once',
  input: z.strictObject({ id: z.string().min(1).max(100).describe('As token list shows it') }),
  output: z.object({ id: z.string() }),
  positional: ['id'],
  needsAdmin: true,
} as const satisfies CommandSpec;

/** In the order of help texts. */
export const commandSpecs: readonly CommandSpec[] = [
  serverStatus,
  serverReload,
  serverStop,
  userAdd,
  userPasswd,
  userDelete,
  userList,
  userDisable,
  userEnable,
  userBan,
  userUnban,
  userMute,
  userUnmute,
  sessionList,
  sessionCount,
  sessionKick,
  groupCreate,
  messageSend,
  messageBroadcast,
  messageProgress,
  messageStop,
  sceneMove,
  rpcNotify,
  rpcBackends,
  tokenCreate,
  tokenList,
  tokenRevoke,
  s2sList,
  s2sTest,
  s2sClose,
];
