/** Compares by code point, which is the order of the UTF-8 bytes; `<` would put U+1F600 before U+FFEE. */
export function byCodePoint(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    const isLeftAstral = isSurrogate(left);
    return isLeftAstral === isSurrogate(right) ? left - right : isLeftAstral ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
