/** Regular expressions over large Unicode classes, compiled when first needed: most servers meet only ASCII. */

/** A function that returns the expression; `flags` must not make it stateful for the way it is used. */
export function lazily(source: string, flags = 'u'): () => RegExp {
  let compiled: RegExp | undefined;
  return () => {
    compiled ??= new RegExp(source, flags);
    return compiled;
  };
}
