/** A value now or a promise of it: what answers at once allocates no promise, and the caller awaits only what is one. */
export type Awaitable<T> = T | Promise<T>;
