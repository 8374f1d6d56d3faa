/** PROXY headers as a proxy writes them (proxy-protocol.txt §2) */

export const V2_SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

/** @param command version and command, such as 0x21. @param family family and protocol, such as 0x11 */
export function v2(command: number, family: number, addresses: Buffer, extra: Buffer = Buffer.alloc(0)): Buffer {
  const fixed = Buffer.from([command, family, 0, 0]);
  fixed.writeUInt16BE(addresses.length + extra.length, 2);
  return Buffer.concat([V2_SIGNATURE, fixed, addresses, extra]);
}

/** TCP over IPv4, to 127.0.0.1. */
export function v2Ipv4(source: string, extra?: Buffer): Buffer {
  const ports = Buffer.from('dbdc1466', 'hex');
  return v2(
    0x21,
    0x11,
    Buffer.concat([Buffer.from(source.split('.').map(Number)), Buffer.from([127, 0, 0, 1]), ports]),
    extra,
  );
}

/** TCP over IPv6. @param source 32 hexadecimal digits */
export function v2Ipv6(source: string, extra?: Buffer): Buffer {
  const destination = Buffer.from('00000000000000000000000000000001', 'hex');
  return v2(
    0x21,
    0x21,
    Buffer.concat([Buffer.from(source, 'hex'), destination, Buffer.from('dbdc1466', 'hex')]),
    extra,
  );
}

export function v1(source: string): Buffer {
  const [protocol, destination] = source.includes(':') ? ['TCP6', '::1'] : ['TCP4', '127.0.0.1'];
  return Buffer.from(`PROXY ${protocol} ${source} ${destination} 56324 5222\r\n`);
}
