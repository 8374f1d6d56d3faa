/** Sockets whose reads allocate nothing */
import { Socket, type SocketConstructorOpts } from 'node:net';
import { Duplex } from 'node:stream';

/** As much as Node reads at a time. One for all sockets: nothing else is read while somebody looks at what came. */
const BUFFER = Buffer.allocUnsafeSlow(65_536);

function told(this: Socket, length: number): boolean {
  const bytes = BUFFER.subarray(0, length);
  if (this.readableFlowing && this.readableLength === 0) return this.emit('data', bytes);
  return this.push(Buffer.from(bytes));
}

/**
 * What its event `data` brings is to be taken at once, or copied: the next read is put into the same place.
 *
 * For each read of an ordinary socket Node allocates 64 KB, gives back what was not filled, and has the collector of garbage count
 * and free the rest: an eighth of what a chat message takes. The option `onread` of Node's sockets does without.
 */
export class InPlaceSocket extends Socket {
  /** @param accepted by a server, which cannot give its sockets that option; paused, and nothing was read of it */
  constructor(accepted: Socket) {
    const left = accepted as unknown as { _handle: unknown };
    // So does Node's own module cluster hand on sockets.
    const options = { handle: left._handle, manualStart: true, onread: { buffer: BUFFER, callback: told } };
    super(options as SocketConstructorOpts);
    left._handle = null;
  }

  /** As other sockets do, and those with `onread` do not: it is read until there is much to be taken, so that its end is noticed. */
  override pause(): this {
    return Duplex.prototype.pause.call(this) as this;
  }
}
