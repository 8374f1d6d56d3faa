import type { AnyModule } from './module.ts';

/** The domain at which a service for the users of `home` is; `options` are those of the configuration. */
export function serviceDomain({ name, subdomain = name }: AnyModule, options: unknown, home: string): string {
  return (options as { readonly domain?: string } | undefined)?.domain ?? `${subdomain}.${home}`;
}
