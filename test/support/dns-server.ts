/** RFC 1035, RFC 2782, RFC 3596: a small authoritative name server on loopback, whose records change when a test says so */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net';

export type DnsRecord =
  | { readonly type: 'A' | 'AAAA'; readonly address: string; readonly ttl?: number }
  | {
      readonly type: 'SRV';
      readonly target: string;
      readonly port: number;
      readonly priority?: number;
      readonly weight?: number;
      readonly ttl?: number;
    };

/** What a name is answered with instead of its records. */
export type DnsFault = 'SERVFAIL' | 'REFUSED' | 'silence';

interface Question {
  /** In lower case, without the last dot. */
  readonly name: string;
  readonly type: number;
  /** As it came, to be sent back. */
  readonly bytes: Buffer;
}

const TYPES = { A: 1, AAAA: 28, SRV: 33 } as const;
const RCODES = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
const HEADER_BYTES = 12;
/** QR: this is an answer; AA: of one who knows; RA, because stub resolvers expect recursion. */
const ANSWER_FLAGS = 0x8480;
const TRUNCATED = 0x0200;
const RECURSION_DESIRED = 0x0100;
/** A pointer to the name in the question (RFC 1035 §4.1.4). */
const SAME_NAME = Buffer.from([0xc0, HEADER_BYTES]);

export class DnsServer {
  /** Where it listens, over UDP and TCP, such as `127.0.0.1:5353`. */
  readonly address: string;
  readonly port: number;
  /** Names and types that were asked, oldest first, such as `SRV _xmpp-server._tcp.a.example`. */
  readonly questions: string[] = [];
  /** Whether answers over UDP are cut, so that who asks has to come again over TCP (RFC 7766 §5). */
  truncatesUdp = false;
  readonly #records = new Map<string, readonly DnsRecord[]>();
  readonly #faults = new Map<string, DnsFault>();
  readonly #udp: DatagramSocket;
  readonly #tcp: Server;
  readonly #connections = new Set<Socket>();

  private constructor(udp: DatagramSocket, tcp: Server) {
    this.#udp = udp;
    this.#tcp = tcp;
    this.port = udp.address().port;
    this.address = `127.0.0.1:${this.port}`;
    udp.on('message', (query, from) => {
      const answer = this.#answer(query, this.truncatesUdp);
      if (answer !== undefined) udp.send(answer, from.port, from.address);
    });
    tcp.on('connection', (socket) => this.#serve(socket));
  }

  static async listen(): Promise<DnsServer> {
    for (;;) {
      const tcp = createServer().listen(0, '127.0.0.1');
      await once(tcp, 'listening');
      const udp = createSocket('udp4');
      const bound = new Promise<boolean>((resolve) => {
        udp.once('error', () => resolve(false));
        udp.bind((tcp.address() as AddressInfo).port, '127.0.0.1', () => resolve(true));
      });
      if (await bound) return new DnsServer(udp, tcp);
      // Somebody else has that port for UDP.
      udp.close();
      tcp.close();
    }
  }

  /** In place of all records the name had; without any, the name does not exist. */
  set(name: string, ...records: readonly DnsRecord[]): void {
    if (records.length === 0) this.#records.delete(name);
    else this.#records.set(name, records);
  }

  /** From now on, until `fault` is undefined. */
  fail(name: string, fault: DnsFault | undefined): void {
    if (fault === undefined) this.#faults.delete(name);
    else this.#faults.set(name, fault);
  }

  async close(): Promise<void> {
    for (const socket of this.#connections) socket.destroy();
    this.#udp.close();
    this.#tcp.close();
    await Promise.all([once(this.#udp, 'close'), once(this.#tcp, 'close')]);
  }

  /** RFC 1035 §4.2.2: each message with its length before it. */
  #serve(socket: Socket): void {
    this.#connections.add(socket);
    let received = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.once('close', () => this.#connections.delete(socket));
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        const answer = this.#answer(received.subarray(2, end), false);
        if (answer !== undefined) socket.write(Buffer.concat([uint16(answer.length), answer]));
        received = received.subarray(end);
      }
    });
  }

  #answer(query: Buffer, isTruncated: boolean): Buffer | undefined {
    const question = readQuestion(query);
    const records = this.#records.get(question.name) ?? [];
    const fault = this.#faults.get(question.name);
    const kind = Object.entries(TYPES).find(([, type]) => type === question.type)?.[0];
    this.questions.push(`${kind ?? question.type} ${question.name}`);
    if (fault === 'silence') return undefined;
    const answers = isTruncated || fault !== undefined ? [] : records.filter(({ type }) => type === kind);
    const rcode = RCODES[fault ?? (this.#exists(question.name) ? 'NOERROR' : 'NXDOMAIN')];
    const asked = query.readUInt16BE(2) & RECURSION_DESIRED;
    return Buffer.concat([
      query.subarray(0, 2),
      uint16(ANSWER_FLAGS | asked | (isTruncated ? TRUNCATED : 0) | rcode),
      ...[1, answers.length, 0, 0].map(uint16),
      question.bytes,
      ...answers.map(encodeRecord),
    ]);
  }

  /** RFC 8020: a name with others below it exists, even without records of its own. */
  #exists(name: string): boolean {
    if (this.#records.has(name)) return true;
    for (const known of this.#records.keys()) if (known.endsWith(`.${name}`)) return true;
    return false;
  }
}

/** RFC 1035 §4.1.2; what follows the question, such as EDNS, is not looked at. */
function readQuestion(query: Buffer): Question {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query.readUInt8(at++); length > 0; length = query.readUInt8(at++)) {
    labels.push(query.toString('latin1', at, at + length));
    at += length;
  }
  const bytes = query.subarray(HEADER_BYTES, at + 4);
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at), bytes };
}

/** RFC 1035 §4.1.3, of class IN. */
function encodeRecord(record: DnsRecord): Buffer {
  const data = encodeData(record);
  const ttl = Buffer.alloc(4);
  ttl.writeUInt32BE(record.ttl ?? 0);
  return Buffer.concat([SAME_NAME, uint16(TYPES[record.type]), uint16(1), ttl, uint16(data.length), data]);
}

function encodeData(record: DnsRecord): Buffer {
  if (record.type !== 'SRV') return encodeAddress(record.address);
  const { priority = 0, weight = 0, port, target } = record;
  return Buffer.concat([uint16(priority), uint16(weight), uint16(port), encodeName(target)]);
}

function encodeAddress(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const zeros = Array.from({ length: 8 - groups(head).length - groups(tail).length }, () => 0);
  return Buffer.concat([...groups(head), ...zeros, ...groups(tail)].map(uint16));
}

/** `.` is the root, which in an SRV record says that there is no such service. */
function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([
    ...labels.map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`)),
    Buffer.of(0),
  ]);
}

function uint16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}
