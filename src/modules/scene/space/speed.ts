/** How far a member may go: what he has in store grows with time, up to what a second gives */
export class Reach {
  #left = Number.POSITIVE_INFINITY;
  #at = 0;

  /**
   * @param now in milliseconds
   * @param speed units a second; 0 is no limit
   * @returns whether he may go that far; if not, he has as much in store as before
   */
  take(distance: number, now: number, speed: number): boolean {
    if (speed === 0) return true;
    this.#left = Math.min(speed, this.#left + ((now - this.#at) * speed) / 1_000);
    this.#at = now;
    if (distance > this.#left) return false;
    this.#left -= distance;
    return true;
  }
}
