/** What the example uses of @xmpp/client, which comes without types. */
declare module '@xmpp/client' {
  export interface Jid {
    bare(): Jid;
    toString(): string;
  }
  export interface Client {
    start(): Promise<Jid>;
    stop(): Promise<void>;
  }
  export function client(options: { service: string; domain: string; username: string; password: string }): Client;
}
