/** What there is with other servers, for administrators */
import type { Channel } from './channel.ts';
import type { ServerStream } from './server-stream.ts';

export interface StreamStatus {
  readonly domain: string;
  readonly host: string;
  readonly direction: 'incoming' | 'outgoing' | 'both';
  readonly state: string;
  readonly address: string | undefined;
  readonly tls: string | undefined;
  readonly proof: string | undefined;
  readonly since: number | undefined;
  readonly stanzasIn: number;
  readonly stanzasOut: number;
  readonly waiting: number;
  readonly failure: string | undefined;
}

export function statusOfStream(stream: ServerStream): StreamStatus {
  const { pair, link, proof, since, stanzasIn, stanzasOut, resumable } = stream;
  let waiting = resumable.owed;
  for (const channel of resumable.channels) if (channel.isUsing(resumable)) waiting += channel.queued;
  return {
    domain: pair?.remote ?? '-',
    host: pair?.local ?? '-',
    direction: stream.isBidi ? 'both' : stream.direction,
    state: proof === undefined ? 'connecting' : 'open',
    address: link.address,
    tls: link.tls?.getProtocol() ?? undefined,
    ...{ proof, since, stanzasIn, stanzasOut, waiting, failure: undefined },
  };
}

/** A channel that has no stream. */
export function statusOfChannel({ pair, state, queued, failure }: Channel): StreamStatus {
  return {
    ...{ domain: pair.remote, host: pair.local, direction: 'outgoing', state },
    ...{ address: undefined, tls: undefined, proof: undefined, since: undefined },
    ...{ stanzasIn: 0, stanzasOut: 0, waiting: queued, failure: failure?.message },
  };
}
