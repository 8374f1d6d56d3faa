/** From the values of an enumeration to the names XMPP has for them. */
export function inverse(values: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(values).map(([name, value]) => [value, name]));
}
