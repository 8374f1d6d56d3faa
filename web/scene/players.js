/** Who walks on the plaza, between the ticks as well: each goes on from where it was told to be */

/** How long what somebody says is shown. */
const SPOKEN_MS = 7_000;
/** How fast what is drawn catches up with what was told, per second. */
const CATCH_UP = 9;
/** Nobody is thought to have walked on for longer than that. */
const AHEAD_SECONDS = 0.3;

/** @typedef {{ name: string, x: number, y: number, tx: number, ty: number, direction: number, speed: number, toldAt: number,
 *   said: string, saidAt: number }} Player */

export class Players {
  /** @type {Map<string, Player>} */
  #byName = new Map();

  get all() {
    return this.#byName.values();
  }
  get size() {
    return this.#byName.size;
  }

  /** Where somebody is, by a message of the server. */
  put({ name, position, direction, speed }, now) {
    const known = this.#byName.get(name);
    const told = { tx: position.x, ty: position.y, direction, speed, toldAt: now };
    if (known !== undefined) Object.assign(known, told);
    else this.#byName.set(name, { name, x: position.x, y: position.y, said: '', saidAt: -SPOKEN_MS, ...told });
  }

  remove(name) {
    this.#byName.delete(name);
  }

  clear() {
    this.#byName.clear();
  }

  says(name, text, now) {
    const player = this.#byName.get(name);
    if (player !== undefined) Object.assign(player, { said: text, saidAt: now });
  }

  /** Moves what is drawn. */
  advance(now, seconds) {
    const share = 1 - Math.exp(-CATCH_UP * seconds);
    for (const player of this.#byName.values()) {
      const ahead = player.speed * Math.min((now - player.toldAt) / 1_000, AHEAD_SECONDS);
      const angle = (player.direction * Math.PI) / 180;
      player.x += (player.tx + ahead * Math.cos(angle) - player.x) * share;
      player.y += (player.ty + ahead * Math.sin(angle) - player.y) * share;
    }
  }
}

/** From 1 to 0; 0 for what is not shown any more. */
export function loudness({ said, saidAt }, now) {
  if (said === '') return 0;
  return Math.max(0, Math.min(1, (SPOKEN_MS - (now - saidAt)) / 800));
}
