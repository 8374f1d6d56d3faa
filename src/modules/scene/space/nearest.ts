/** Which movements somebody is told when there are more than he can take */

/**
 * Keeps the `most` entries with the smallest scores, in their order.
 *
 * @param scores of the first `count` entries; changed
 * @param entries changed: what is kept comes first
 */
export function keepSmallest(entries: Int32Array, scores: Float64Array, count: number, most: number): void {
  const limit = scores.slice(0, count).sort()[most - 1] as number;
  let ties = most;
  for (let i = 0; i < count; i++) if ((scores[i] as number) < limit) ties--;
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const score = scores[i] as number;
    if (score < limit || (score === limit && ties-- > 0)) entries[kept++] = entries[i] as number;
  }
}
