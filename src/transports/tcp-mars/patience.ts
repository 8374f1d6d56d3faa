/** How long a request may wait for its answer: the library gives one up at 7 s at the earliest, and with it the connection. */
export const PATIENCE_MS = 5_000;
