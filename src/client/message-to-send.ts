/** 1010: what a message is sent with, and what became of it */
import { type Body, type BodyInit, Command, type ExtensionInit, type MessageInit } from '#protocol/mars';

export interface MessageToSend extends MessageInit {
  readonly to: string;
  /** chat (default), groupchat, normal, headline */
  readonly type?: string;
  /** Chosen when left out. A message that is sent again has to have the id it had. */
  readonly id?: string;
  readonly ext?: readonly ExtensionInit[];
}

export interface SentMessage {
  readonly id: string;
  /** Of the archive that keeps it. */
  readonly stanzaId: string | undefined;
  readonly stamp: Date;
  /** The server had it already. */
  readonly isDuplicate: boolean;
}

interface Sender {
  request(command: number, body: BodyInit): Promise<Body>;
  newId(): string;
}

export async function sendMessage(sender: Sender, toSend: MessageToSend): Promise<SentMessage> {
  const { to, type = 'chat', id = sender.newId(), ext = [], ...value } = toSend;
  const answer = await sender.request(Command.message, { to, type, id, ext, payload: { case: 'message', value } });
  return {
    id,
    stanzaId: answer.stanzaId?.id,
    stamp: new Date(Number(answer.stamp)),
    isDuplicate: answer.payload.case === 'messageResult' && answer.payload.value.duplicate,
  };
}
