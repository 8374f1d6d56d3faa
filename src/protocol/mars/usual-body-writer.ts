/** Bodies of messages between people and of their answers: written field by field, as MessageEncoder writes any */
import type { BodyInit, MessageInit } from './init.ts';
import type { WireWriter } from './wire-writer.ts';

/** The last three bits of a tag. */
const [VARINT, LENGTH] = [0, 2];

/** False when it says something else, and is not written. */
export function writeUsualBody(writer: WireWriter, body: BodyInit): boolean {
  const { payload } = body;
  const kind = payload?.case;
  if ((kind !== 'message' && kind !== 'messageResult' && kind !== undefined) || isUnusual(body)) return false;
  text(writer, 1, body.id);
  text(writer, 2, body.to);
  text(writer, 3, body.from);
  text(writer, 4, body.type);
  text(writer, 5, body.lang);
  number(writer, 7, body.smSeq);
  optionalNumber(writer, 8, body.smAck);
  if (body.stamp !== undefined && body.stamp !== 0 && body.stamp !== 0n) {
    writer.uint32((10 << 3) | VARINT);
    writer.int64(body.stamp);
  }
  if (body.stanzaId !== undefined) {
    writer.uint32((11 << 3) | LENGTH);
    const start = writer.begin();
    text(writer, 1, body.stanzaId.id);
    text(writer, 2, body.stanzaId.by);
    writer.end(start);
  }
  text(writer, 12, body.originId);
  text(writer, 14, body.uid);
  flag(writer, 15, body.noReply);
  if (kind === 'message') {
    writer.uint32((30 << 3) | LENGTH);
    const start = writer.begin();
    writeMessage(writer, payload.value);
    writer.end(start);
  } else if (kind === 'messageResult') {
    writer.uint32((31 << 3) | LENGTH);
    const start = writer.begin();
    flag(writer, 1, payload.value.duplicate);
    writer.end(start);
  }
  return true;
}

function isUnusual({ error, ext, headers, noise }: BodyInit): boolean {
  if (error !== undefined || (ext !== undefined && ext.length > 0)) return true;
  if (noise !== undefined && noise.length > 0) return true;
  for (const _ in headers) return true;
  return false;
}

function writeMessage(writer: WireWriter, message: MessageInit): void {
  optionalText(writer, 1, message.subject);
  optionalText(writer, 2, message.body);
  text(writer, 3, message.thread);
  flag(writer, 4, message.wantsReceipt);
  number(writer, 5, message.chatState);
  if (message.hints !== undefined && message.hints.length > 0) {
    writer.uint32((6 << 3) | LENGTH);
    const start = writer.begin();
    for (const hint of message.hints) writer.int32(hint);
    writer.end(start);
  }
  if (message.app !== undefined && message.app.length > 0) {
    writer.uint32((7 << 3) | LENGTH);
    writer.bytes(message.app);
  }
  number(writer, 8, message.receipt);
  text(writer, 9, message.receiptId);
  text(writer, 10, message.channel);
}

function text(writer: WireWriter, field: number, value: string | undefined): void {
  if (value !== '') optionalText(writer, field, value);
}

function optionalText(writer: WireWriter, field: number, value: string | undefined): void {
  if (value === undefined) return;
  writer.uint32((field << 3) | LENGTH);
  writer.string(value);
}

/** Also an enumeration. */
function number(writer: WireWriter, field: number, value: number | undefined): void {
  if (value !== 0) optionalNumber(writer, field, value);
}

function optionalNumber(writer: WireWriter, field: number, value: number | undefined): void {
  if (value === undefined) return;
  writer.uint32((field << 3) | VARINT);
  writer.int32(value);
}

function flag(writer: WireWriter, field: number, value: boolean | undefined): void {
  if (!value) return;
  writer.uint32((field << 3) | VARINT);
  writer.uint32(1);
}
