/** What the server implements outside of its modules; each module names its own XEPs */
import type { Xep } from './module/index.ts';

/** Numbers of the RFCs of XMPP itself, then of what it logs in with. */
export const coreRfcs: readonly number[] = [6120, 6121, 7395, 7590, 7622, 9525, 5802, 7677, 9266];

export const coreXeps: readonly Xep[] = [
  { xep: 4, version: '2.13.2' },
  { xep: 59, version: '1.0', note: 'without pages by index' },
  { xep: 156, version: '1.4.0', note: 'host-meta and host-meta.json for WebSocket' },
  { xep: 175, version: '1.2', note: 'off by default' },
  { xep: 178, version: '1.2' },
  { xep: 185, version: '1.0' },
  { xep: 203, version: '2.0' },
  { xep: 220, version: '1.1.1', note: 'over TLS, unless s2s.secure is optional' },
  { xep: 288, version: '1.0.1' },
  { xep: 297, version: '1.0', note: 'inside other protocols' },
  { xep: 334, version: '1.0.0', note: 'no-copy by carbons; storage by mam and offline' },
  { xep: 359, version: '0.7.0' },
  { xep: 368, version: '1.1.0' },
  { xep: 386, version: '1.1.0' },
  { xep: 388, version: '1.0.4' },
  { xep: 440, version: '1.0.0' },
  { xep: 474, version: '0.5.0' },
  { xep: 478, version: '0.2.0' },
  { xep: 480, version: '0.2.0', note: 'to SCRAM-SHA-256 and -512' },
  { xep: 484, version: '0.2.0', note: 'HT-SHA-256-EXPR, -ENDP and -NONE; not within TLS 0-RTT' },
];
