/** What the example uses of @xmpp/client, which comes without types. */
declare module '@xmpp/client' {
  export interface Jid {
    bare(): Jid;
    toString(): string;
  }
  export interface XmlElement {
    readonly name: string;
  }
  export interface Client {
    readonly iqCaller: { get(payload: XmlElement, to: string): Promise<XmlElement | undefined> };
    start(): Promise<Jid>;
    stop(): Promise<void>;
  }
  export function xml(name: string, ns: string): XmlElement;
  export function client(options: { service: string; domain: string; username: string; password: string }): Client;
}
