/** XEP-0388 §2.3: what a client says of itself. It is for the user and the server, never for other entities. */
export interface UserAgent {
  /** UUID v4 in lower case, the same at every login of one installation. */
  readonly id?: string | undefined;
  /** For people, as the client wrote it. */
  readonly software?: string | undefined;
  readonly device?: string | undefined;
}
