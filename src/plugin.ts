/**
 * `tharsis/plugin`: all that plugins are written against. What is exported here changes by the rules of semantic
 * versioning; nothing else of the server does. docs/plugins.md is the guide.
 */
// biome-ignore-all assist/source/organizeImports: in groups, as a table of contents

// What a plugin brings
export {
  type AnyModule,
  type AnyTransport,
  type AuthProviderDefinition,
  type Command,
  type CommandSpec,
  defineAuthProvider,
  defineCommand,
  defineMechanism,
  defineModule,
  definePlugin,
  defineRpcBackend,
  defineTransport,
  type Mechanism,
  type Module,
  type Plugin,
  type PluginParts,
  type RpcBackendDefinition,
  type Transport,
  type Xep,
} from '#core';

// What a module has of its host
export {
  type Amend,
  type Awaitable,
  type ClientSession,
  type Clock,
  type EventMap,
  type EventName,
  type FeaturePlace,
  type Gate,
  type Guard,
  type Handle,
  type Host,
  type Identity,
  type InlineBind,
  type InlineResume,
  type IqAnswer,
  type IqContext,
  isPromise,
  type Logger,
  type NonzaTaker,
  type NoticeEvents,
  type Observe,
  type Resumption,
  type StanzaEvent,
  type StanzaEvents,
  type StreamOffer,
  type StreamStage,
  type Target,
  type UserAgent,
  whenDone,
} from '#core';

// Stores
export {
  type ArchiveEntry,
  type ArchiveRange,
  type ArchiveStore,
  type MapStore,
  StorageError,
  type Stores,
} from '#core';

// Addresses, stanzas, XML
export {
  delayed,
  delayStamp,
  Element,
  forwarded,
  Iq,
  type IqType,
  iq,
  Jid,
  JidError,
  Message,
  type MessageType,
  message,
  NS_CLIENT,
  type Node,
  ns,
  Presence,
  type PresenceType,
  parseStored,
  prepareLocal,
  presence,
  type Stanza,
  type StanzaCondition,
  StanzaError,
  type StreamCondition,
  StreamError,
} from '#core';

// Accounts and logins
export {
  type AccountInfo,
  type Accounts,
  type AuthContext,
  type AuthProvider,
  type AuthProviderHost,
  type ChannelBindingType,
  type NewAccount,
  type SaslCondition,
  SaslError,
  type SaslExchange,
  type SaslStep,
  type ScramHash,
  type ScramKeys,
} from '#core';

// What a transport has of the server
export {
  ClientNegotiation,
  type Connection,
  type Listener,
  type Peer,
  type StreamSink,
  type TransportHost,
  type XmlLink,
} from '#core';

// Services that clients call
export {
  type RpcAnswer,
  type RpcBackend,
  type RpcBackendHost,
  type RpcCall,
  RpcFault,
  type RpcInstance,
  type RpcNotification,
  type RpcRequest,
  type RpcService,
} from '#core';

// Modules that others can build on: named in `requires`, reached by `host.use`
export { type DiscoApi, type DiscoInfo, default as disco, type NodeInfo, type NodeItem } from '#modules/disco';
export { default as roster, type Roster, type RosterApi, type RosterItem } from '#modules/roster';

// For the schema of `config`: the same copy of zod that reads the configuration file
export { z } from 'zod';
