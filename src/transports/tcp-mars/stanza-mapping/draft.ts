/** A message of proto/tharsis.proto that is being filled: what is left out is empty. */
export type Draft<T> = { -readonly [K in keyof T as K extends `$${string}` ? never : K]?: T[K] };
