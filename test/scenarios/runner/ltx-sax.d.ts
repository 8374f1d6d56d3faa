/** The event parser inside ltx, which ships without types: the only part of ltx the runner uses. */
declare module 'ltx/src/parsers/ltx.js' {
  export default class SaxLtx {
    on(event: 'startElement', listener: (name: string, attrs: Record<string, string>) => void): this;
    on(event: 'endElement', listener: (name: string) => void): this;
    on(event: 'text', listener: (text: string) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    write(data: string): void;
  }
}
