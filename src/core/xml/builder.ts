/** Builders: one function per namespace, so that a payload reads like the example in its specification. */
import { attributes, Element, type Node } from './element.ts';

/** What a builder takes as content; undefined stands for a child that is not there. */
export type Content = Node | undefined | readonly (Node | undefined)[];

/** Makes elements of one namespace: `const disco = ns(NS_DISCO_INFO)`, then `disco('query', { node }, ...features)`. */
export function ns(
  namespace: string,
): (name: string, attrs?: Record<string, string | undefined>, ...children: Content[]) => Element {
  return (name, attrs, ...children) =>
    new Element(
      name,
      namespace,
      attrs === undefined ? undefined : attributes(attrs),
      children.length === 0 ? undefined : children.flat().filter(isPresent),
    );
}

function isPresent(node: Node | undefined): node is Node {
  return node !== undefined && node !== '';
}
