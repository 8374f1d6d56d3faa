import { expect, it } from 'vitest';
import { Element, Jid, message, NS_CLIENT } from '#core';
import { type BodyInit, Command, encodeBody } from '#protocol/mars';
import { Outbox } from './outbox.ts';

it('what goes to very many leaves in frames that are not longer for it', () => {
  const frames: { cmdid: number; bytes: number; users: number }[] = [];
  const send = (cmdid: number, body: BodyInit): void => {
    const users = body.payload?.case === 'multiPush' ? (body.payload.value.uids?.length ?? 0) : 1;
    frames.push({ cmdid, bytes: encodeBody(body).length, users });
  };
  const outbox = new Outbox(
    { flushMs: 20, flushBytes: 32_768 },
    send,
    () => {},
    () => () => {},
  );
  const said = message({ from: Jid.parse('localhost') }, new Element('body', NS_CLIENT, undefined, ['hello']));
  for (let user = 0; user < 40_000; user++) {
    const uid = `${user}`.padStart(36, 'player ');
    outbox.add({ uid }, said.with({ to: Jid.of(`${user}`, 'localhost') }));
  }
  outbox.flush();
  expect(frames.every(({ cmdid }) => cmdid === Command.multiPush)).toBe(true);
  expect(frames.reduce((sum, { users }) => sum + users, 0)).toBe(40_000);
  expect(Math.max(...frames.map(({ bytes }) => bytes))).toBeLessThan(65_536);
});
