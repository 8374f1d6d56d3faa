/** A player of the demo: walks from place to place on the plaza, looks around, and says something now and then */
import type { Client, Scene } from '../client/node.ts';

/** The plaza of the page, and how far from its edges players stay. */
const [WIDTH, HEIGHT, MARGIN] = [100, 64, 4];
const TICK_MS = 100;
const NAMES = [
  ...['Ada', 'Bruno', 'Chiara', 'Dario', 'Elif', 'Farid', 'Greta', 'Hugo', 'Ines', 'Jonas', 'Kaya', 'Lena', 'Milo'],
  ...['Nadia', 'Otto', 'Pia', 'Quinn', 'Rosa', 'Sami', 'Tilda', 'Uma', 'Vito', 'Wanda', 'Xenia', 'Yusuf', 'Zoe'],
  ...['Anouk', 'Boris', 'Cleo', 'Dina', 'Emil', 'Fynn', 'Gwen', 'Hana', 'Ivo', 'Juno', 'Kofi', 'Lucia', 'Mara', 'Nils'],
];
const LINES = [
  ...['Good morning!', 'Is the fountain always this loud?', 'Meet you under the trees.', 'Race you to the other side!'],
  ...['Has anybody seen my dog?', 'What a fine day.', 'I was here first.', 'Come closer, I cannot hear you.'],
  ...[
    'Anybody up for a quest?',
    'I am only passing through.',
    'Three coins for that hat.',
    'Left, right, left, right …',
  ],
];

export class Walker {
  readonly #client: Client;
  readonly #address: string;
  readonly #nick: string;
  #x = MARGIN + Math.random() * (WIDTH - 2 * MARGIN);
  #y = MARGIN + Math.random() * (HEIGHT - 2 * MARGIN);
  #goal = { x: this.#x, y: this.#y };
  #speed = 0;
  #direction = Math.random() * 360;
  /** Ticks. */
  #rest = 0;

  /** @param number tells players apart */
  constructor(client: Client, address: string, number: number) {
    this.#client = client;
    this.#address = address;
    const again = Math.floor(number / NAMES.length);
    this.#nick = `${NAMES[number % NAMES.length]}${again === 0 ? '' : ` ${again + 1}`}`;
  }

  async begin(): Promise<void> {
    const position = { x: this.#x, y: this.#y, z: 0 };
    const scene = await this.#client.enterScene(this.#address, { nick: this.#nick, position });
    const timer = setInterval(() => this.#tick(scene), TICK_MS);
    scene.on('ended', (why) => {
      clearInterval(timer);
      if (why === 'lost') this.begin().catch(() => {});
    });
    this.#client.on('closed', () => clearInterval(timer));
  }

  #tick(scene: Scene): void {
    if (Math.random() < 0.003) {
      const line = LINES[Math.floor(Math.random() * LINES.length)] as string;
      scene.talk(line).catch(() => {});
    }
    if (this.#rest > 0) {
      this.#rest--;
      return;
    }
    const [dx, dy] = [this.#goal.x - this.#x, this.#goal.y - this.#y];
    const left = Math.hypot(dx, dy);
    const step = (this.#speed * TICK_MS) / 1_000;
    if (left <= step) this.#choose();
    else {
      this.#x += (dx / left) * step;
      this.#y += (dy / left) * step;
      this.#direction = (Math.atan2(dy, dx) * 180) / Math.PI;
    }
    const speed = this.#rest > 0 ? 0 : this.#speed;
    scene.move({ x: this.#x, y: this.#y, direction: this.#direction, speed });
  }

  /** The next place, mostly after a rest. */
  #choose(): void {
    this.#goal = {
      x: MARGIN + Math.random() * (WIDTH - 2 * MARGIN),
      y: MARGIN + Math.random() * (HEIGHT - 2 * MARGIN),
    };
    this.#speed = 3 + Math.random() * 4;
    this.#rest = Math.random() < 0.7 ? Math.floor(Math.random() * 40) : 0;
  }
}
