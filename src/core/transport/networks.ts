import { BlockList, isIP } from 'node:net';
import { z } from 'zod';

/** An IP address, or a network of them such as `10.0.0.0/8`. */
export const networkSchema = z.string().refine((text) => parse(text) !== undefined, {
  error: 'is no IP address or network such as 10.0.0.0/8',
});

/** Addresses and networks of them. */
export class Networks {
  readonly #list = new BlockList();

  /** @param texts as networkSchema has them */
  constructor(texts: readonly string[]) {
    for (const text of texts) {
      const network = parse(text);
      if (network !== undefined) this.#list.addSubnet(network.address, network.prefix, network.family);
    }
  }

  has(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.#list.check(address, family === 4 ? 'ipv4' : 'ipv6');
  }
}

function parse(text: string) {
  const [, address = '', bits] = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const family = isIP(address);
  const most = family === 4 ? 32 : 128;
  const prefix = bits === undefined ? most : Number(bits);
  if (family === 0 || prefix > most) return undefined;
  return { address, prefix, family: family === 4 ? ('ipv4' as const) : ('ipv6' as const) };
}
