/** An instance of a backend that does what a test says, and keeps what it was asked */
import { definePlugin, defineRpcBackend, type Plugin, type RpcAnswer, type RpcInstance, type RpcRequest } from '#core';

export const DONE: RpcAnswer = { code: 0, text: '', body: new Uint8Array(0), headers: new Map() };

export class ScriptedInstance implements RpcInstance {
  readonly name: string;
  readonly requests: RpcRequest[] = [];
  answer: (request: RpcRequest) => RpcAnswer | Promise<RpcAnswer> = () => DONE;

  constructor(name: string) {
    this.name = name;
  }

  async call(request: RpcRequest): Promise<RpcAnswer> {
    this.requests.push(request);
    return this.answer(request);
  }
}

/** Brings the kind `script`, whose only instance this is. */
export function scriptedPlugin(instance: ScriptedInstance): Plugin {
  const backend = defineRpcBackend({ name: 'script', create: () => ({ instances: [instance] }) });
  return definePlugin({ name: 'script', rpcBackends: [backend] });
}

/** The configuration of a server whose service Shop runs at a backend. @param more options of module rpc */
export function withShop(backend: object, more: object = {}): object {
  const services = { Shop: { backend: 'game', idempotent: ['List'] } };
  return {
    rpc: { backends: { game: backend } },
    hosts: { localhost: { modules: { roster: {}, presence: {}, ping: {}, disco: {}, rpc: { services, ...more } } } },
  };
}
