/** The page /scene: logs in, enters the scene, and draws what the client of the Mars protocol tells */
import { connect } from 'tharsis/client';
import { Players } from './players.js';
import { draw, HEIGHT, WIDTH } from './plaza.js';

/** Units a second. */
const SPEED = 9;
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const { domain, websocket, scene: address } = document.body.dataset;
const element = (id) => document.getElementById(id);
const [canvas, login, talk, status, problem] = ['world', 'login', 'talk', 'status', 'problem'].map(element);
const players = new Players();
const pressed = new Set();
const own = { x: WIDTH / 2 + 10 * (Math.random() - 0.5), y: HEIGHT / 2 + 9, direction: -90, isWalking: false };
let client;
let scene;
let isOnline = true;

login.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = login.querySelector('button');
  button.disabled = true;
  problem.textContent = '';
  try {
    const [username, password] = ['username', 'password'].map((name) => login.elements[name].value);
    client = await connect(optionsFor(username.replace(/@.*/, ''), password));
    client.on('offline', (_, retryMs) => {
      isOnline = false;
      status.textContent = `No connection; again in ${Math.ceil(retryMs / 1_000)} s`;
    });
    client.on('closed', (reason) => {
      isOnline = false;
      status.textContent = reason?.message ?? 'Logged out';
    });
    client.on('online', ({ missed }) => {
      isOnline = true;
      if (missed === undefined) enter().catch(tell);
    });
    await enter();
    login.hidden = true;
    talk.hidden = false;
    document.activeElement.blur();
  } catch (error) {
    tell(error);
    client?.close();
  }
  button.disabled = false;
});

function optionsFor(username, password) {
  const url = new URL(websocket, location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return { servers: [url.href], domain, credentials: { username, password }, program: 'the scene page' };
}

function tell({ message }) {
  problem.textContent = message;
  status.textContent = message;
}

async function enter() {
  scene = await client.enterScene(address, { position: { x: own.x, y: own.y, z: 0 }, direction: own.direction });
  const now = () => performance.now();
  const begin = () => {
    players.clear();
    for (const actor of scene.actors.values()) players.put(actor, now());
    putSelf();
  };
  scene.on('snapshot', begin);
  scene.on('seen', (actor) => players.put(actor, now()));
  scene.on('moved', (actors) => {
    for (const actor of actors) players.put(actor, now());
  });
  scene.on('gone', (name) => players.remove(name));
  scene.on('talk', (name, text) => players.says(name, text, now()));
  scene.on('ended', (why) => {
    if (why !== 'lost') status.textContent = `You are out of the scene: ${why}`;
  });
  begin();
  tellOthers();
}

function putSelf() {
  const { x, y, direction, isWalking } = own;
  const speed = isWalking ? SPEED : 0;
  players.put({ name: scene.traits.self.actor, position: { x, y }, direction, speed }, performance.now());
}

/** As often as the scene tells it on, while there is something to tell. */
let toldAt = 0;
let isTold = true;
function tellOthers(now = 0) {
  if (isTold || now - toldAt < 1_000 / scene.traits.tickRate) return;
  const { x, y, direction, isWalking } = own;
  scene.move({ x, y, direction, speed: isWalking ? SPEED : 0 });
  toldAt = now;
  isTold = !isWalking;
}

addEventListener('keydown', (event) => {
  if (scene === undefined) return;
  const text = talk.elements.text;
  if (KEYS[event.key] !== undefined && (document.activeElement !== text || text.value === '')) {
    pressed.add(event.key);
    event.preventDefault();
  } else if (event.key === 'Enter' && document.activeElement !== text) text.focus();
  else if (event.key === 'Escape') text.blur();
});
addEventListener('keyup', ({ key }) => pressed.delete(key));
addEventListener('blur', () => pressed.clear());

talk.addEventListener('submit', (event) => {
  event.preventDefault();
  const text = talk.elements.text.value.trim();
  talk.reset();
  if (text !== '') scene.talk(text).catch(tell);
});

function walk(seconds) {
  let [dx, dy] = [0, 0];
  for (const key of pressed) {
    dx += KEYS[key][0];
    dy += KEYS[key][1];
  }
  const wasWalking = own.isWalking;
  own.isWalking = dx !== 0 || dy !== 0;
  if (own.isWalking) {
    const angle = Math.atan2(dy, dx);
    own.x = Math.min(Math.max(own.x + SPEED * seconds * Math.cos(angle), 1), WIDTH - 1);
    own.y = Math.min(Math.max(own.y + SPEED * seconds * Math.sin(angle), 1), HEIGHT - 1);
    own.direction = (angle * 180) / Math.PI;
  }
  if (own.isWalking || wasWalking) {
    isTold = false;
    putSelf();
  }
}

let last = performance.now();
function frame(now) {
  const seconds = Math.min((now - last) / 1_000, 0.1);
  last = now;
  if (scene !== undefined) {
    walk(seconds);
    tellOthers(now);
    if (isOnline) status.textContent = `${players.size - 1} in sight`;
  }
  players.advance(now, seconds);
  const [width, height, ratio] = [innerWidth, innerHeight, devicePixelRatio];
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  draw(context, { width, height }, players, scene?.traits.self.actor, scene?.traits.say ?? 0, now);
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);
