import { describe, expect, it } from 'vitest';
import { v1, v2, v2Ipv4, v2Ipv6 } from '../../../test/support/proxy-header.ts';
import { ProxyHeaderError, readProxyHeader } from './proxy-header.ts';

const NOTHING = Buffer.alloc(0);
const line = (text: string) => Buffer.from(`PROXY ${text}\r\n`);
const unix = Buffer.alloc(216, '/');
const tlv = Buffer.from([0x02, 0, 11, ...Buffer.from('example.org')]);
const full = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';

describe('a PROXY header', () => {
  it.each([
    ['IPv4 in a line', v1('192.0.2.7'), '192.0.2.7'],
    ['the longest line of IPv4', line('TCP4 255.255.255.255 255.255.255.255 65535 65535'), '255.255.255.255'],
    ['IPv6 in a line', v1('2001:DB8:0:0:0:0:0:1'), '2001:db8::1'],
    ['the longest line of IPv6', line(`TCP6 ${full} ${full} 65535 65535`), full],
    ['IPv4 as IPv6 in a line', v1('::ffff:192.0.2.7'), '192.0.2.7'],
    ['an unknown protocol', line('UNKNOWN'), undefined],
    ['an unknown protocol with more', line(`UNKNOWN ${full} ${full} 65535 65535`), undefined],
    ['IPv4', v2Ipv4('192.0.2.7'), '192.0.2.7'],
    ['IPv4 with TLVs', v2Ipv4('192.0.2.7', tlv), '192.0.2.7'],
    ['IPv6', v2Ipv6('20010db8000000000000000000000001'), '2001:db8::1'],
    ['IPv6 with TLVs', v2Ipv6('20010db8000000000000000000000001', tlv), '2001:db8::1'],
    ['IPv4 as IPv6', v2Ipv6('00000000000000000000ffffc0000207'), '192.0.2.7'],
    ['a connection of the proxy itself', v2(0x20, 0, NOTHING), undefined],
    ['one of its own that says what does not count', v2(0x20, 0xff, Buffer.alloc(5), tlv), undefined],
    ['an unspecified protocol', v2(0x21, 0, NOTHING, tlv), undefined],
    ['a Unix socket', v2(0x21, 0x31, unix), undefined],
    ['datagrams', v2(0x21, 0x12, Buffer.alloc(12)), undefined],
    ['as much as there may be', v2Ipv4('192.0.2.7', Buffer.alloc(4_096 - 28)), '192.0.2.7'],
  ])('of %s is read, in one piece and byte by byte, and no further', (_what, bytes, source) => {
    const followed = Buffer.concat([bytes, Buffer.from('PROXY and what comes after')]);
    expect(readProxyHeader(bytes)).toEqual({ length: bytes.length, source });
    expect(readProxyHeader(followed)).toEqual({ length: bytes.length, source });
    for (let at = 0; at < bytes.length; at++) expect(readProxyHeader(followed.subarray(0, at))).toBeUndefined();
  });

  it.each([
    ['a stream header', Buffer.from('<')],
    ['a TLS handshake', Buffer.from([0x16, 3, 1])],
    ['a line of another protocol', Buffer.from('PROXX ')],
    ['a family that is unknown', line('TCP5 192.0.2.7 127.0.0.1 1 2')],
    ['lower case', Buffer.from('proxy TCP4 192.0.2.7 127.0.0.1 1 2\r\n')],
    ['another family than the addresses', line('TCP6 192.0.2.7 127.0.0.1 1 2')],
    ['no port', line('TCP4 192.0.2.7 127.0.0.1 1')],
    ['one field too many', line('TCP4 192.0.2.7 127.0.0.1 1 2 3')],
    ['a leading zero', line('TCP4 192.0.2.07 127.0.0.1 1 2')],
    ['a leading zero in a port', line('TCP4 192.0.2.7 127.0.0.1 01 2')],
    ['a port above the last', line('TCP4 192.0.2.7 127.0.0.1 1 65536')],
    ['two spaces', line('TCP4  192.0.2.7 127.0.0.1 1 2')],
    ['a zone', line('TCP6 fe80::1%eth0 ::1 1 2')],
    ['a line that ends in LF', Buffer.from('PROXY TCP4 192.0.2.7 127.0.0.1 1 2\n')],
    ['a CR inside', Buffer.from('PROXY UNKNOWN \r x')],
    ['a line that is too long', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`)],
    ['a line that does not end', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(93)}`)],
    ['version 1 in the binary form', v2(0x11, 0x11, Buffer.alloc(12))],
    ['version 3', v2(0x31, 0x11, Buffer.alloc(12))],
    ['a command that is unknown', v2(0x22, 0x11, Buffer.alloc(12))],
    ['a family that is not specified', v2(0x21, 0x41, Buffer.alloc(12))],
    ['a protocol that is not specified', v2(0x21, 0x13, Buffer.alloc(12))],
    ['IPv4 cut off', v2(0x21, 0x11, Buffer.alloc(11))],
    ['IPv6 cut off', v2(0x21, 0x21, Buffer.alloc(35))],
    ['more than there may be', v2Ipv4('192.0.2.7', Buffer.alloc(4_096 - 27))],
  ])('is refused with %s', (_what, bytes) => {
    expect(() => readProxyHeader(bytes)).toThrow(ProxyHeaderError);
  });
});
