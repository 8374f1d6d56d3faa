export * from './admission.ts';
export * from './certificate-jids.ts';
export * from './flusher.ts';
export * from './http-face.ts';
export * from './listen-address.ts';
export * from './open-connections.ts';
export * from './tls-binding.ts';
export * from './transport.ts';
