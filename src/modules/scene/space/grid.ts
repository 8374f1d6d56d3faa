/**
 * Where members are: a uniform grid over x and y, hashed, so that a world without bounds takes memory for those in it only.
 * A member is a slot, a small number; its figures are in columns, one array for each. z counts in distances alone: a scene
 * is wider than it is high.
 */

/** What a column of a bucket without anybody says. */
const NOBODY = -1;

/** All of so many members are in the caches anyway. */
const FEW = 2_000;
/** More than there can be. */
const SLOTS = 2 ** 20;

export class Grid {
  x = new Float64Array(0);
  y = new Float64Array(0);
  z = new Float64Array(0);
  /** What the last `within` has found. */
  found = new Int32Array(0);
  readonly #cell: number;
  #cellX = new Int32Array(0);
  #cellY = new Int32Array(0);
  /** The others of a bucket, as a chain. */
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  /** The first slot of each bucket. */
  #heads = new Int32Array(1).fill(NOBODY);
  #size = 0;
  /** How many slots have ever been in use: all are below. */
  #used = 0;

  /** @param cell edge of a cell; best about the radius that is asked for most */
  constructor(cell: number) {
    this.#cell = cell;
  }

  /** Members in the grid. */
  get size(): number {
    return this.#size;
  }

  /** Makes room for slots below `capacity`. */
  grow(capacity: number): void {
    this.x = enlarged(this.x, capacity);
    this.y = enlarged(this.y, capacity);
    this.z = enlarged(this.z, capacity);
    this.found = new Int32Array(capacity);
    this.#cellX = enlarged(this.#cellX, capacity);
    this.#cellY = enlarged(this.#cellY, capacity);
    this.#next = enlarged(this.#next, capacity);
    const before = this.#previous;
    this.#previous = new Int32Array(capacity).fill(NOBODY - 1);
    this.#previous.set(before);
    this.#heads = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(capacity, 2)))).fill(NOBODY);
    for (let slot = 0; slot < this.#used; slot++) if (this.#isIn(slot)) this.#link(slot);
  }

  insert(slot: number, x: number, y: number, z: number): void {
    this.#put(slot, x, y, z);
    this.#cellX[slot] = Math.floor(x / this.#cell);
    this.#cellY[slot] = Math.floor(y / this.#cell);
    this.#link(slot);
    this.#size++;
    this.#used = Math.max(this.#used, slot + 1);
  }

  move(slot: number, x: number, y: number, z: number): void {
    this.#put(slot, x, y, z);
    const cellX = Math.floor(x / this.#cell);
    const cellY = Math.floor(y / this.#cell);
    if (cellX === this.#cellX[slot] && cellY === this.#cellY[slot]) return;
    this.#unlink(slot);
    this.#cellX[slot] = cellX;
    this.#cellY[slot] = cellY;
    this.#link(slot);
  }

  remove(slot: number): void {
    this.#unlink(slot);
    this.#previous[slot] = NOBODY - 1;
    this.#size--;
  }

  /**
   * In the order of their places: who is near in the grid is near in the list, and what one has looked at is in the processor's
   * caches still when the next one needs it.
   */
  arranged(slots: readonly number[]): readonly number[] {
    if (slots.length < FEW) return slots;
    const keys = new Float64Array(slots.length);
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i] as number;
      const [x, y] = [(this.#cellX[slot] as number) & 0xffff, (this.#cellY[slot] as number) & 0xffff];
      keys[i] = (y * 0x1_0000 + x) * SLOTS + slot;
    }
    return Array.from(keys.sort(), (key) => key % SLOTS);
  }

  /** The square of the distance. */
  distance2(a: number, b: number): number {
    const dx = (this.x[a] as number) - (this.x[b] as number);
    const dy = (this.y[a] as number) - (this.y[b] as number);
    const dz = (this.z[a] as number) - (this.z[b] as number);
    return dx * dx + dy * dy + dz * dz;
  }

  /** Finds who is not farther from a slot than `radius`, itself as well. @returns how many; who, is in `found` */
  within(slot: number, radius: number): number {
    const least = (value: number) => Math.floor((value - radius) / this.#cell);
    const most = (value: number) => Math.floor((value + radius) / this.#cell);
    const [x, y] = [this.x[slot] as number, this.y[slot] as number];
    const [fromX, toX, fromY, toY] = [least(x), most(x), least(y), most(y)];
    if ((toX - fromX + 1) * (toY - fromY + 1) > this.#size + 9) return this.#amongAll(slot, radius * radius);
    let count = 0;
    for (let cellX = fromX; cellX <= toX; cellX++) {
      for (let cellY = fromY; cellY <= toY; cellY++) count = this.#inCell(cellX, cellY, slot, radius * radius, count);
    }
    return count;
  }

  #inCell(cellX: number, cellY: number, of: number, radius2: number, count: number): number {
    let found = count;
    let slot = this.#heads[this.#bucket(cellX, cellY)] as number;
    for (; slot !== NOBODY; slot = this.#next[slot] as number) {
      // Another cell can have the same bucket.
      if (this.#cellX[slot] !== cellX || this.#cellY[slot] !== cellY) continue;
      if (this.distance2(slot, of) <= radius2) this.found[found++] = slot;
    }
    return found;
  }

  /** For a radius that has more cells than there are members. */
  #amongAll(of: number, radius2: number): number {
    let count = 0;
    for (let slot = 0; slot < this.#used; slot++) {
      if (this.#isIn(slot) && this.distance2(slot, of) <= radius2) this.found[count++] = slot;
    }
    return count;
  }

  #put(slot: number, x: number, y: number, z: number): void {
    this.x[slot] = x;
    this.y[slot] = y;
    this.z[slot] = z;
  }

  #isIn(slot: number): boolean {
    return (this.#previous[slot] as number) >= NOBODY;
  }

  #bucket(cellX: number, cellY: number): number {
    return (Math.imul(cellX, 73_856_093) ^ Math.imul(cellY, 19_349_663)) & (this.#heads.length - 1);
  }

  #link(slot: number): void {
    const bucket = this.#bucket(this.#cellX[slot] as number, this.#cellY[slot] as number);
    const first = this.#heads[bucket] as number;
    this.#next[slot] = first;
    this.#previous[slot] = NOBODY;
    if (first !== NOBODY) this.#previous[first] = slot;
    this.#heads[bucket] = slot;
  }

  #unlink(slot: number): void {
    const next = this.#next[slot] as number;
    const previous = this.#previous[slot] as number;
    if (next !== NOBODY) this.#previous[next] = previous;
    if (previous !== NOBODY) this.#next[previous] = next;
    else this.#heads[this.#bucket(this.#cellX[slot] as number, this.#cellY[slot] as number)] = next;
  }
}

/** A longer column with the same beginning. */
export function enlarged<A extends Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>(
  column: A,
  length: number,
): A {
  const longer = new (column.constructor as new (length: number) => A)(length);
  longer.set(column);
  return longer;
}
