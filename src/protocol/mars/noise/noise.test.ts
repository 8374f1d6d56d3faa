import { describe, expect, it } from 'vitest';
import { type KeyPair, NoiseError, NoiseHandshake, type NoisePrimitives, sealedBytes } from './index.ts';
import { noblePrimitives } from './noble.ts';
import { nodePrimitives } from './node.ts';

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex');
const utf8 = (text: string) => new TextEncoder().encode(text);

const SIDES = { node: nodePrimitives, noble: noblePrimitives } as const;
const PAIRS = Object.entries(SIDES).flatMap(([client, first]) =>
  Object.entries(SIDES).map(([server, second]) => [`${client} to ${server}`, first, second] as const),
);

/** What others have published for Noise_NK_25519_AESGCM_SHA256: payload and message, of the initiator and the responder in turn. */
interface Vector {
  readonly source: string;
  readonly prologue: string;
  readonly initiatorEphemeral: string;
  readonly responderStatic: string;
  readonly responderEphemeral: string;
  readonly handshakeHash?: string;
  readonly messages: readonly (readonly [payload: string, message: string])[];
}

const VECTORS: readonly Vector[] = [
  {
    source: 'cacophony',
    prologue: '4a6f686e2047616c74',
    initiatorEphemeral: '893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a',
    responderStatic: '4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893',
    responderEphemeral: 'bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b',
    handshakeHash: 'f8a87aa8add4fea6e33365b89637486c2f6564546ce29d1df9ce9abf78c507d7',
    messages: [
      [
        '4c756477696720766f6e204d69736573',
        'ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c794475ab4d66d222457dd414bc5f296bc7b4078cc7d72af5192628b68bca7d28844b',
      ],
      [
        '4d757272617920526f746862617264',
        '95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f14480884303c7d89310502baa8299520ba451624c3c0492e2698f8d457c32400b91fd8a',
      ],
      ['462e20412e20486179656b', '304f70c37c93573099228016d54cb15213af94eb598d1b17df1153'],
      ['4361726c204d656e676572', 'a1bf6c954529f29b31d8ae9f67d2c18dbd332aa1a0918690c6d80b'],
      ['4a65616e2d426170746973746520536179', '2e8f3e51888360b2b2d83a64dde9943c7dd3c5e84ac7c4b4e2d5cfc025b6c854d3'],
      [
        '457567656e2042f6686d20766f6e2042617765726b',
        '8498bf41212a8b87c9eeb408274c75b3558fd0530865b5a7932d4b3af812d85b3df27e6f33',
      ],
    ],
  },
  {
    source: 'snow',
    prologue:
      '5468657265206973206e6f20726967687420616e642077726f6e672e2054686572652773206f6e6c792066756e20616e6420626f72696e672e',
    initiatorEphemeral: '02e04d1bed1c50a9be7d958d9c06ddec76881ef39b762f1601901b25ff1e46a4',
    responderStatic: '6769f07983e44fe6ff82ace61b5b5a13ca6be7dde385dea6ccd7f3cfe535cec6',
    responderEphemeral: 'aaf5caca88dd39acb6c84795812854f62ded2ae0c67d648f312394257a32113f',
    messages: [
      [
        '69ae4e493d11522fcb749a055877fdac2ac17e94cf960acc3a2e53e577c92d5a',
        '270f4f126d1d152350b0059ab9b9fb21bfa96e0c762be7ce026e814b252ad92b699ecc4a8fb66c33a683410766c1ed0b2d28fafd448d627dd0b09224b9a91b9606eddd56213fdbd7ba6cc07065a7c49f',
      ],
      [
        'ee2a0bd186b6afba4a0337a55a4c77d3226f17b8e0b7ea7c3baeea30c3dc9f25',
        '9a176f6eaf3ebf725cec49c53352f57c7efe3b1cd5ea3853ad8992f82f53522352b0330096bb06541120b58e228a62ec2f3cc07d60c66d62492637a16692919b6e2608911f782d39425864e7c2c3621b',
      ],
      [
        '4020fe66c7cb638c46097b36326ef50fb1635c04c1e73531eb0c3a46a13b51a5',
        '9ef5f71dabe587067b48c5f18e2251218cb85926c512da4ecf307350f49977ca1a71458f345cd530596225da2c0b3660',
      ],
      [
        '48960984defe32c0a68782f3204eccece590409f2c0e5b95b1f0aa4fd0078a36',
        'ca4b7f6f48f52282737c3e54b9801e815a03a746ef074e23be1e2c9efb7173f18bebeb6201c87f6fcde4fece6e2c8761',
      ],
    ],
  },
  {
    source: 'flynn/noise',
    prologue: '6e6f74736563726574',
    initiatorEphemeral: '202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f',
    responderStatic: '0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20',
    responderEphemeral: '4142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f60',
    messages: [
      [
        '746573745f6d73675f30',
        '358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd1662546cfcd5c91dd95543a2363b9bd07c092d8fff14687e5f48b43afc',
      ],
      [
        '746573745f6d73675f31',
        '64b101b1d0be5a8704bd078f9895001fc03e8e9f9522f188dd128d9846d48466b3f3dd3e34414275ad73c9d7e1d03e86e1580404241350ed9ab1',
      ],
      ['79656c6c6f777375626d6172696e65', '95922788fcef822a17b42f450fa14d05d8e6a4377ca0aea3b4804f03db74a2'],
      ['7375626d6172696e6579656c6c6f77', '0976cd4a786c253b37489b6bc3867b2df0dddf9f939b218da54092c6d3eca4'],
    ],
  },
];

describe.each(PAIRS)('the published test vectors, %s', (_, first, second) => {
  it.each(VECTORS)('of $source are met by both sides', (vector) => {
    const prologue = bytes(vector.prologue);
    const server = second.keyPairOf(bytes(vector.responderStatic));
    const initiator = NoiseHandshake.initiator(first, server.publicKey, {
      prologue,
      ephemeral: first.keyPairOf(bytes(vector.initiatorEphemeral)),
    });
    const responder = NoiseHandshake.responder(second, server, {
      prologue,
      ephemeral: second.keyPairOf(bytes(vector.responderEphemeral)),
    });
    for (const [at, [payload, message]] of vector.messages.slice(0, 2).entries()) {
      const [from, to] = at === 0 ? [initiator, responder] : [responder, initiator];
      expect(hex(from.write(bytes(payload)))).toBe(message);
      expect(hex(to.read(bytes(message)))).toBe(payload);
    }
    const { handshakeHash } = initiator.transport();
    expect(hex(handshakeHash)).toBe(vector.handshakeHash ?? hex(responder.transport().handshakeHash));
    const [client, host] = [initiator.ciphers(), responder.ciphers()];
    const nothing = new Uint8Array(0);
    for (const [at, [payload, message]] of vector.messages.slice(2).entries()) {
      const [sending, receiving] = at % 2 === 0 ? [client.sending, host.receiving] : [host.sending, client.receiving];
      expect(hex(sending.encrypt(nothing, bytes(payload)))).toBe(message);
      expect(hex(receiving.decrypt(nothing, bytes(message)))).toBe(payload);
    }
  });
});

function faultOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof NoiseError) return error.fault;
    throw error;
  }
}

function shake(first: NoisePrimitives, second: NoisePrimitives, keys: KeyPair = second.generateKeyPair()) {
  const initiator = NoiseHandshake.initiator(first, keys.publicKey);
  const responder = NoiseHandshake.responder(second, keys);
  responder.read(initiator.write(utf8('hello')));
  initiator.read(responder.write(utf8('welcome')));
  return { client: initiator.transport(), server: responder.transport() };
}

describe.each(PAIRS)('the handshake, %s', (_, first, second) => {
  it('is refused for a server with another key, before the payload is seen', () => {
    const initiator = NoiseHandshake.initiator(first, second.generateKeyPair().publicKey);
    const responder = NoiseHandshake.responder(second, second.generateKeyPair());
    const message = initiator.write(utf8('my token'));
    expect(Buffer.from(message).includes('my token')).toBe(false);
    expect(faultOf(() => responder.read(message))).toBe('decrypt-failed');
  });

  it('is refused by a client whose server has not answered itself', () => {
    const keys = second.generateKeyPair();
    const initiator = NoiseHandshake.initiator(first, keys.publicKey);
    const message = initiator.write(utf8('hello'));
    // Somebody in the middle, who has no key but his own.
    const other = NoiseHandshake.responder(second, second.generateKeyPair());
    faultOf(() => other.read(message));
    expect(faultOf(() => initiator.read(other.write(utf8('welcome'))))).toBe('decrypt-failed');
  });

  it('is refused when any byte was changed', () => {
    const keys = second.generateKeyPair();
    const { length } = NoiseHandshake.initiator(first, keys.publicKey).write(utf8('hello'));
    for (let at = 0; at < length; at += 7) {
      const message = NoiseHandshake.initiator(first, keys.publicKey).write(utf8('hello'));
      message[at] = (message[at] ?? 0) ^ 1;
      expect(faultOf(() => NoiseHandshake.responder(second, keys).read(message))).toBe('decrypt-failed');
    }
  });

  it('is refused with a key that makes the secret the same for everybody', () => {
    const keys = second.generateKeyPair();
    expect(faultOf(() => NoiseHandshake.responder(second, keys).read(new Uint8Array(48)))).toBe('bad-handshake');
    expect(faultOf(() => NoiseHandshake.initiator(first, new Uint8Array(32)).write(utf8('x')))).toBe('bad-handshake');
  });

  it('is refused with messages of another length', () => {
    const keys = second.generateKeyPair();
    for (const length of [0, 31, 47, 65_536]) {
      expect(faultOf(() => NoiseHandshake.responder(second, keys).read(new Uint8Array(length)))).toBe('bad-handshake');
    }
    const initiator = NoiseHandshake.initiator(first, keys.publicKey);
    expect(faultOf(() => initiator.write(new Uint8Array(65_488)))).toBe('message-too-long');
    expect(faultOf(() => NoiseHandshake.initiator(first, new Uint8Array(31)))).toBe('bad-handshake');
  });

  it('has one order', () => {
    const keys = second.generateKeyPair();
    const initiator = NoiseHandshake.initiator(first, keys.publicKey);
    const responder = NoiseHandshake.responder(second, keys);
    expect(faultOf(() => initiator.read(new Uint8Array(48)))).toBe('bad-handshake');
    expect(faultOf(() => responder.write(utf8('x')))).toBe('bad-handshake');
    expect(faultOf(() => initiator.transport())).toBe('bad-handshake');
    const message = initiator.write(utf8('hello'));
    expect(faultOf(() => initiator.write(utf8('again')))).toBe('bad-handshake');
    responder.read(message);
    expect(faultOf(() => responder.read(message))).toBe('bad-handshake');
  });
});

describe.each(PAIRS)('bodies after the handshake, %s', (_, first, second) => {
  it('are read in the order of writing, both ways, and none is like another', () => {
    const { client, server } = shake(first, second);
    const sealed = [1, 2, 3].map((seq) => client.seal(1010, seq, utf8('same')));
    expect(new Set(sealed.map(hex)).size).toBe(3);
    sealed.forEach((body, at) => {
      expect(Buffer.from(server.open(1010, at + 1, body)).toString()).toBe('same');
    });
    expect(Buffer.from(client.open(1100, 0, server.seal(1100, 0, utf8('push')))).toString()).toBe('push');
    expect(server.open(1003, 4, client.seal(1003, 4, new Uint8Array(0)))).toHaveLength(0);
  });

  it.each([
    ['another command', 1011, 7],
    ['another sequence number', 1010, 8],
  ])('are refused for %s', (_case, cmdid, seq) => {
    const { client, server } = shake(first, second);
    const sealed = client.seal(1010, 7, utf8('hi'));
    expect(faultOf(() => server.open(cmdid, seq, sealed))).toBe('decrypt-failed');
  });

  it('are refused when they come again, out of order, changed, cut, or are not there', () => {
    const seals = ({ client }: ReturnType<typeof shake>) => [1, 2].map((seq) => client.seal(1010, seq, utf8('hi')));
    const again = shake(first, second);
    const [one = utf8(''), two = utf8('')] = seals(again);
    expect(faultOf(() => again.server.open(1010, 2, two))).toBe('decrypt-failed');
    again.server.open(1010, 1, one);
    expect(faultOf(() => again.server.open(1010, 1, one))).toBe('decrypt-failed');
    for (const wrong of [
      two.map((byte, at) => (at === 0 ? byte ^ 1 : byte)),
      two.subarray(1),
      two.subarray(0, 15),
      utf8(''),
    ]) {
      expect(faultOf(() => again.server.open(1010, 2, wrong))).toBe('decrypt-failed');
    }
    expect(Buffer.from(again.server.open(1010, 2, two)).toString()).toBe('hi');
  });

  it('are several messages of 65,535 bytes when they are longer, and none can be cut off', () => {
    for (const length of [65_519, 65_520, 131_038, 131_039, 200_000]) {
      const { client, server } = shake(first, second);
      const body = new Uint8Array(length).map((_byte, at) => at * 31);
      const sealed = client.seal(1010, 1, body);
      expect(sealed).toHaveLength(sealedBytes(length));
      if (length === 131_039) {
        expect(faultOf(() => server.open(1010, 1, sealed.subarray(0, 65_535)))).toBe('decrypt-failed');
        expect(faultOf(() => server.open(1010, 1, sealed.subarray(0, 131_070)))).toBe('decrypt-failed');
      }
      expect(Buffer.from(server.open(1010, 1, sealed)).equals(body)).toBe(true);
    }
  });

  it('with a tail too short for a message are refused', () => {
    const { server } = shake(first, second);
    expect(faultOf(() => server.open(1010, 1, new Uint8Array(65_536)))).toBe('decrypt-failed');
  });
});

it('both sides know one hash, and each handshake has its own', () => {
  const [one, two] = [shake(nodePrimitives, noblePrimitives), shake(nodePrimitives, noblePrimitives)];
  expect(hex(one.client.handshakeHash)).toBe(hex(one.server.handshakeHash));
  expect(hex(one.client.handshakeHash)).not.toBe(hex(two.client.handshakeHash));
});
