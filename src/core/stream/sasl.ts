/** RFC 6120 §6: SASL on an XML stream */
import { SaslError } from '../auth/index.ts';
import type { VirtualHost } from '../host/index.ts';
import { type Element, NS_SASL, ns } from '../xml/index.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import type { Negotiation } from './negotiation.ts';
import type { SaslAttempts, SaslProfile, SaslRequest, SaslSuccess } from './sasl-attempts.ts';

const sasl = ns(NS_SASL);

export class Sasl implements SaslProfile {
  readonly #negotiation: Negotiation;
  readonly #host: VirtualHost;

  constructor(negotiation: Negotiation, host: VirtualHost) {
    this.#negotiation = negotiation;
    this.#host = host;
  }

  /** The stream feature; none when this link gets no mechanism at all. */
  feature(attempts: SaslAttempts): Element | undefined {
    const names = attempts.offered().map(({ name }) => sasl('mechanism', {}, name));
    return names.length === 0 ? undefined : sasl('mechanisms', {}, ...names);
  }

  read(element: Element): SaslRequest {
    switch (element.name) {
      case 'auth': {
        const initial = element.text();
        return { mechanism: element.attr('mechanism'), initial: initial === '' ? undefined : decode(initial) };
      }
      case 'response':
        return { response: decode(element.text()) };
      case 'abort':
        return 'abort';
      default:
        throw new SaslError('malformed-request', `unknown element ${element.name}`);
    }
  }

  challenge(data: Uint8Array): Element {
    return sasl('challenge', {}, encode(data));
  }

  failure({ condition, text }: SaslError): Element {
    return sasl(
      'failure',
      {},
      sasl(condition),
      text === undefined ? undefined : sasl('text', { 'xml:lang': 'en' }, text),
    );
  }

  /** §6.4.6: a new stream follows. */
  succeeded({ username, data, temporary }: SaslSuccess): void {
    const { link } = this.#negotiation;
    link.send(sasl('success', {}, data === undefined ? undefined : encode(data)));
    const leave = temporary ? () => this.#host.deleteTemporary(username) : undefined;
    this.#negotiation.authenticated({ user: this.#host.userJid(username), leave });
    this.#negotiation.restart();
  }
}

/** §6.4.2: `=` is data of zero length, which nothing is not. */
function encode(data: Uint8Array): string {
  return data.length === 0 ? '=' : encodeBase64(data);
}

function decode(text: string): Uint8Array {
  return text === '=' ? new Uint8Array(0) : decodeBase64(text);
}
