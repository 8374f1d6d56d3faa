/** docs/protocol/scene.md §5.1, §5.6: presence that is sent to a scene */
import { type Awaitable, type Jid, type Presence, StanzaError, whenDone } from '#core';
import type { Service } from './config.ts';
import { enter } from './enter.ts';
import { removeGhost } from './ghost.ts';
import { leave } from './leave.ts';
import { NS_SCENE } from './namespaces.ts';
import type { Member } from './scene.ts';
import { presenceOf, readFlag, readMovement, welcome } from './stanzas.ts';
import { XmppSink } from './xmpp-sink.ts';

export function receivePresence(service: Service, sent: Presence, name: string): Awaitable<void> {
  if (sent.type === 'available') return receiveAvailable(service, sent, name);
  return whenDone(service.scenes.get(name), (scene) => {
    if (sent.type === 'error') return removeGhost(service, scene, sent);
    const member = scene?.memberOf(sent.from);
    if (sent.type === 'unavailable' && member !== undefined) leave(service, member);
    // nobody subscribes to a scene, or probes it
  });
}

function receiveAvailable(service: Service, sent: Presence, name: string): Awaitable<void> {
  const { from, to, id } = sent as Presence & { from: Jid; to: Jid };
  const asked = sent.child('enter', NS_SCENE);
  if (asked === undefined) throw new StanzaError('bad-request', 'who enters a scene says so');
  const position = asked.child('position');
  const movement = position === undefined ? undefined : readMovement(position);
  const watches = readFlag(asked, 'watch');
  const sink = new XmppSink(service.host, from);
  return whenDone(service.scenes.get(name), (scene) => {
    const own = scene?.memberOf(from);
    if (own !== undefined && own.nick === to.resource) return tellAgain(service, own, id, watches);
    return whenDone(enter(service, name, { jid: from, nick: to.resource, movement, watches, sink }), (member) => {
      sink.member = member;
      greet(service, member, id);
    });
  });
}

/** A client that lost track of the scene gets all of it again; it stays where it is. */
function tellAgain(service: Service, member: Member, id: string | undefined, watches: boolean | undefined): void {
  if (watches !== undefined) member.scene.watch(member, watches);
  for (const other of member.scene.space.inSight(member)) {
    void service.host.route(other.as(presenceOf).with({ to: member.jid }));
  }
  greet(service, member, id);
}

/** The last of the snapshot. */
function greet({ host }: Service, member: Member, id: string | undefined): void {
  void host.route(welcome(member).with({ to: member.jid, id }));
}
