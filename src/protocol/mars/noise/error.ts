export type NoiseFault =
  /** What came was not made by who has the right key, or not for this place in the order. */
  | 'decrypt-failed'
  /** It cannot be a message of the handshake. */
  | 'bad-handshake'
  /** Noise §3: no message has more than 65,535 bytes. */
  | 'message-too-long';

/** The connection has to be closed: keys and counters are of no use any more. */
export class NoiseError extends Error {
  override readonly name = 'NoiseError';
  readonly fault: NoiseFault;

  constructor(fault: NoiseFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}
