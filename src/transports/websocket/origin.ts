/** RFC 6454, RFC 6455 §10.2: which web pages may connect */
import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a WebSocket request may go on. Only browsers send Origin, and only they can be made to connect by a page that
 * somebody else wrote: such a page could try passwords from inside of a private network.
 *
 * @param origins what the configuration allows besides the host name that is asked and the domains that are served
 */
export function mayConnect(
  { origin, host }: IncomingHttpHeaders,
  origins: readonly string[],
  isServed: (domain: string) => boolean,
): boolean {
  if (origin === undefined || origins.includes('*') || origins.includes(origin)) return true;
  const page = hostname(origin);
  return page !== undefined && (page === hostname(`http://${host}`) || isServed(page));
}

/** Undefined too for `null`, the origin of sandboxed and local pages. */
function hostname(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  return new URL(url).hostname || undefined;
}
