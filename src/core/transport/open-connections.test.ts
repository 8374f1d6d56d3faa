import { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { type OpenConnection, OpenConnections } from './open-connections.ts';

/** More than end in one turn of the event loop. */
const MANY = 42;

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Calls `count` after each turn until it stays the same. */
async function growth(count: () => number): Promise<number[]> {
  const counts: number[] = [];
  do {
    counts.push(count());
    await turn();
  } while (count() > (counts.at(-1) as number) || counts.length < 3);
  return counts.map((now, at) => now - (counts[at - 1] ?? 0));
}

it('however many sockets their peers end at once, a few end in each turn, and in the end all', async () => {
  const connections = new OpenConnections();
  const sockets = Array.from({ length: MANY }, () => new Duplex({ read() {}, write() {} }));
  for (const socket of sockets) {
    connections.endWithPeer(socket);
    socket.resume();
    socket.push(null);
  }
  const ended = await growth(() => sockets.filter((socket) => socket.writableEnded).length);
  expect(Math.max(...ended)).toBeLessThanOrEqual(5);
  expect(sockets.every((socket) => socket.writableEnded)).toBe(true);
});

class Connection implements OpenConnection {
  readonly #all: OpenConnections;
  readonly #isPolite: boolean;
  state: 'open' | 'told' | 'aborted' = 'open';

  constructor(all: OpenConnections, isPolite = true) {
    this.#all = all;
    this.#isPolite = isPolite;
    all.add(this);
  }

  shutdown(): void {
    this.state = 'told';
    if (this.#isPolite) this.#all.delete(this);
  }

  abort(): void {
    this.state = 'aborted';
    this.#all.delete(this);
  }
}

it('tells a few connections in each turn that the server shuts down, and waits no longer than for the last of them', async () => {
  const connections = new OpenConnections();
  const all = Array.from({ length: MANY }, () => new Connection(connections));
  const isOver = connections.shutdown(() => new Promise(() => {}));
  const told = await growth(() => all.filter(({ state }) => state === 'told').length);
  expect(Math.max(...told)).toBeLessThanOrEqual(5);
  await isOver;
  expect(connections.size).toBe(0);
});

it('has patience once all were told, and then drops who has not closed', async () => {
  const connections = new OpenConnections();
  const all = Array.from({ length: MANY }, () => new Connection(connections, false));
  let untold = MANY;
  await connections.shutdown(async () => {
    untold = all.filter(({ state }) => state === 'open').length;
  });
  expect(untold).toBe(0);
  expect(all.every(({ state }) => state === 'aborted')).toBe(true);
});
