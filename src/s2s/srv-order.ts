/** RFC 2782: the order in which SRV records are tried */

export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** Lowest priority first; within one, by chance in proportion to the weights. `random` gives numbers from 0 to below 1. */
export function inOrder<R extends SrvRecord>(records: readonly R[], random: () => number): R[] {
  const priorities = [...new Set(records.map(({ priority }) => priority))].sort((a, b) => a - b);
  return priorities.flatMap((priority) =>
    byWeight(
      records.filter((record) => record.priority === priority),
      random,
    ),
  );
}

function byWeight<R extends SrvRecord>(records: readonly R[], random: () => number): R[] {
  // Those of weight 0 come first, so that they have a very small chance of being chosen.
  const left = [...records].sort((a, b) => a.weight - b.weight);
  const ordered: R[] = [];
  while (left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0);
    const wanted = Math.floor(random() * (total + 1));
    let sum = 0;
    const at = left.findIndex(({ weight }) => {
      sum += weight;
      return sum >= wanted;
    });
    ordered.push(...left.splice(at, 1));
  }
  return ordered;
}
