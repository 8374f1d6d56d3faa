/** What the scenarios need of a server. It serves the domain `localhost`. */
export interface ServerUnderTest {
  readonly tcp: { readonly host: string; readonly port: number };
  readonly websocket: { readonly url: string };
  /** Where there are game clients. */
  readonly mars?: { readonly port: number };
  addUser(localpart: string, password: string): Promise<void>;
  close(): Promise<void>;
}
