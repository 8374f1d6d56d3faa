/** Bodies of messages between people, which most are: read field by field, where the library walks descriptors */
import type { Body, Message } from './gen/tharsis_pb.ts';
import { WireReader } from './wire-reader.ts';

/** The last three bits of a tag. */
const [VARINT, LENGTH] = [0, 2];

const NO_BYTES = new Uint8Array(0);

/** What the bytes from `start` to `end` say. Undefined when they say something else, or are no body. */
export function readUsualBody(bytes: Uint8Array, start: number, end: number): Body | undefined {
  const reader = new WireReader(bytes, start, end);
  const body = emptyBody();
  while (reader.hasMore) readField(reader, body);
  return reader.isLost ? undefined : body;
}

function readField(reader: WireReader, body: Body): void {
  switch (reader.uint32()) {
    case (1 << 3) | LENGTH:
      body.id = reader.string();
      return;
    case (2 << 3) | LENGTH:
      body.to = reader.string();
      return;
    case (3 << 3) | LENGTH:
      body.from = reader.string();
      return;
    case (4 << 3) | LENGTH:
      body.type = reader.string();
      return;
    case (5 << 3) | LENGTH:
      body.lang = reader.string();
      return;
    case (7 << 3) | VARINT:
      body.smSeq = reader.uint32();
      return;
    case (8 << 3) | VARINT:
      body.smAck = reader.uint32();
      return;
    case (12 << 3) | LENGTH:
      body.originId = reader.string();
      return;
    case (14 << 3) | LENGTH:
      body.uid = reader.string();
      return;
    case (15 << 3) | VARINT:
      body.noReply = reader.bool();
      return;
    case (30 << 3) | LENGTH:
      // Two of them are to be merged.
      if (body.payload.case !== undefined) return reader.lose();
      body.payload = { case: 'message', value: readMessage(reader) };
      return;
    default:
      reader.lose();
  }
}

function readMessage(reader: WireReader): Message {
  const message = emptyMessage();
  const outer = reader.enter();
  while (reader.hasMore) readMessageField(reader, message);
  reader.leave(outer);
  return message;
}

function readMessageField(reader: WireReader, message: Message): void {
  switch (reader.uint32()) {
    case (1 << 3) | LENGTH:
      message.subject = reader.string();
      return;
    case (2 << 3) | LENGTH:
      message.body = reader.string();
      return;
    case (3 << 3) | LENGTH:
      message.thread = reader.string();
      return;
    case (4 << 3) | VARINT:
      message.wantsReceipt = reader.bool();
      return;
    case (5 << 3) | VARINT:
      message.chatState = reader.uint32();
      return;
    case (6 << 3) | LENGTH: {
      const outer = reader.enter();
      while (reader.hasMore) message.hints.push(reader.uint32());
      reader.leave(outer);
      return;
    }
    case (7 << 3) | LENGTH:
      message.app = reader.bytes();
      return;
    case (8 << 3) | VARINT:
      message.receipt = reader.uint32();
      return;
    case (9 << 3) | LENGTH:
      message.receiptId = reader.string();
      return;
    case (10 << 3) | LENGTH:
      message.channel = reader.string();
      return;
    default:
      reader.lose();
  }
}

/** All fields are there from the start, so that all bodies have one shape. */
function emptyBody(): Body {
  return {
    $typeName: 'tharsis.Body',
    id: '',
    to: '',
    from: '',
    type: '',
    lang: '',
    error: undefined,
    smSeq: 0,
    smAck: undefined,
    ext: [],
    stamp: 0n,
    stanzaId: undefined,
    originId: '',
    headers: {},
    uid: '',
    noReply: false,
    noise: NO_BYTES,
    payload: { case: undefined },
  };
}

function emptyMessage(): Message {
  return {
    $typeName: 'tharsis.Message',
    subject: undefined,
    body: undefined,
    thread: '',
    wantsReceipt: false,
    chatState: 0,
    hints: [],
    app: NO_BYTES,
    receipt: 0,
    receiptId: '',
    channel: '',
  };
}
