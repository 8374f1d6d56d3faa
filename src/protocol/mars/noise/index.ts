export { NoiseError, type NoiseFault } from './error.ts';
export { NoiseHandshake, type NoiseOptions, PROTOCOL_NAME } from './handshake.ts';
export type { KeyPair, NoisePrimitives } from './primitives.ts';
export { MAX_MESSAGE_BYTES, NoiseTransport, sealedBytes } from './transport.ts';
