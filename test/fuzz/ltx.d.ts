/** What the tests use of ltx, which comes without types. */
declare module 'ltx' {
  export class Element {
    readonly attrs: Readonly<Record<string, string>>;
    readonly children: readonly (Element | string)[];
    getName(): string;
    getNS(): string | undefined;
  }
  export function parse(xml: string): Element;
}
