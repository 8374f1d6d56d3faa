/** docs/protocol/scene.md §5.3: talking; who hears it depends on the channel */
import { type Message, type Node, ns, StanzaError } from '#core';
import type { Service } from './config.ts';
import { takeCredit } from './credit.ts';
import { NS_SCENE } from './namespaces.ts';
import type { Member } from './scene.ts';
import { CHANNELS, type Channel } from './settings.ts';

const scene = ns(NS_SCENE);
/** Namespaces in which a message cannot claim anything: the scene says who spoke, and when. */
const OURS: ReadonlySet<string> = new Set([NS_SCENE, 'urn:xmpp:delay', 'urn:xmpp:sid:0']);

/** All who hear it get the same, the speaker too. @throws StanzaError not-allowed, forbidden, policy-violation */
export function talk(service: Service, speaker: Member, channel: Channel, message: Message): void {
  const hearers = hearersOf(speaker, channel);
  takeCredit(service, speaker);
  const isOurs = (node: Node) => typeof node !== 'string' && OURS.has(node.ns);
  const said = message
    .with({ from: speaker.occupant, to: undefined, type: 'groupchat' })
    .withChildren([...message.children.filter((node) => !isOurs(node)), scene('talk', { channel })]);
  for (const { sink } of hearers) sink.hears(said);
}

/** @throws StanzaError */
function hearersOf(speaker: Member, channel: Channel): Iterable<Member> {
  const { settings, space } = speaker.scene;
  if (channel === 'zone') return space.hearers(speaker, Number.POSITIVE_INFINITY);
  if (channel === 'all') {
    if (settings.all === 'nobody') throw new StanzaError('not-allowed', 'nobody speaks to the whole scene here');
    if (settings.all === 'owners' && !speaker.scene.isOwner(speaker.jid)) {
      throw new StanzaError('forbidden', 'only owners speak to the whole scene');
    }
    return [...speaker.scene.members];
  }
  const radius = settings[channel];
  if (radius === 0) throw new StanzaError('not-allowed', `nobody can ${channel} here`);
  return space.hearers(speaker, radius);
}

/** @throws StanzaError bad-request */
export function readChannel(name = 'say'): Channel {
  const channel = CHANNELS.find((known) => known === name);
  if (channel === undefined) throw new StanzaError('bad-request', `a channel is one of ${CHANNELS.join(', ')}`);
  return channel;
}
