/** Draws the plaza, and who walks on it */
import { loudness } from './players.js';

/** In units of the scene. */
export const WIDTH = 100;
export const HEIGHT = 64;

const FONT = 'system-ui, sans-serif';
const INK = '#26324a';

/** The same in every browser. */
const TREES = Array.from({ length: 46 }, (_, i) => {
  const at = (i * 137.508) % 360;
  const isTop = i % 2 === 0;
  return { x: (at * WIDTH) / 360, y: isTop ? 1.5 + (i % 5) : HEIGHT - 1.5 - (i % 4), r: 1.5 + ((i * 7) % 10) / 9 };
});

/** Where the map is on the canvas: all of it fits. */
export function viewOf({ width, height }) {
  const scale = Math.min(width / WIDTH, height / HEIGHT);
  return { scale, left: (width - WIDTH * scale) / 2, top: (height - HEIGHT * scale) / 2 };
}

/** @param hearing how far what is said is heard */
export function draw(context, size, players, self, hearing, now) {
  const view = viewOf(size);
  const at = ({ x, y }) => [view.left + x * view.scale, view.top + y * view.scale];
  drawGround(context, size, view);
  const all = [...players.all].sort((a, b) => a.y - b.y);
  const own = all.find(({ name }) => name === self);
  if (own !== undefined) drawHearing(context, at(own), hearing * view.scale);
  for (const player of all) drawFigure(context, at(player), player, player === own, view.scale);
  for (const player of all) drawName(context, at(player), player.name, player === own, view.scale);
  for (const player of all) {
    const alpha = loudness(player, now);
    if (alpha > 0) drawBubble(context, at(player), player.said, alpha, view.scale, size);
  }
}

function drawGround(context, { width, height }, { scale, left, top }) {
  context.fillStyle = '#bcd8ae';
  context.fillRect(0, 0, width, height);
  const [centerX, centerY] = [left + (WIDTH / 2) * scale, top + (HEIGHT / 2) * scale];
  context.fillStyle = '#eadfc8';
  context.fillRect(left, centerY - 6 * scale, WIDTH * scale, 12 * scale);
  context.fillRect(centerX - 6 * scale, top, 12 * scale, HEIGHT * scale);
  disc(context, centerX, centerY, 21 * scale, '#eadfc8');
  for (const radius of [20, 15.5, 11]) {
    context.strokeStyle = 'rgb(160 140 105 / 28%)';
    context.lineWidth = Math.max(1, scale / 7);
    context.beginPath();
    context.arc(centerX, centerY, radius * scale, 0, 2 * Math.PI);
    context.stroke();
  }
  disc(context, centerX, centerY, 5.4 * scale, '#c2b69d');
  disc(context, centerX, centerY, 4.6 * scale, '#8ec5e2');
  disc(context, centerX, centerY, 2.6 * scale, '#a9d6ed');
  disc(context, centerX, centerY, 1 * scale, '#f4fafd');
  for (const { x, y, r } of TREES) {
    const [treeX, treeY] = [left + x * scale, top + y * scale];
    disc(context, treeX + 0.3 * scale, treeY + 0.5 * scale, r * scale, 'rgb(60 90 50 / 22%)');
    disc(context, treeX, treeY, r * scale, '#6fa862');
    disc(context, treeX - 0.25 * r * scale, treeY - 0.3 * r * scale, 0.6 * r * scale, '#84bb74');
  }
}

function drawHearing(context, [x, y], radius) {
  disc(context, x, y, radius, 'rgb(59 111 212 / 9%)');
  context.strokeStyle = 'rgb(59 111 212 / 45%)';
  context.lineWidth = 1.5;
  context.setLineDash([6, 6]);
  context.stroke();
  context.setLineDash([]);
}

function drawFigure(context, [x, y], { name, direction }, isOwn, scale) {
  const r = 1.15 * scale;
  disc(context, x, y + 0.75 * r, 0.95 * r, 'rgb(38 50 74 / 18%)', 0.45);
  disc(context, x, y, r, isOwn ? '#3b6fd4' : colourOf(name));
  context.strokeStyle = isOwn ? '#fff' : 'rgb(255 255 255 / 75%)';
  context.lineWidth = isOwn ? 3 : 1.5;
  context.stroke();
  const angle = (direction * Math.PI) / 180;
  for (const side of [-0.5, 0.5]) {
    const [eyeX, eyeY] = [x + 0.62 * r * Math.cos(angle + side), y + 0.62 * r * Math.sin(angle + side)];
    disc(context, eyeX, eyeY, 0.24 * r, '#fff');
    disc(context, eyeX + 0.07 * r * Math.cos(angle), eyeY + 0.07 * r * Math.sin(angle), 0.13 * r, INK);
  }
}

function drawName(context, [x, y], name, isOwn, scale) {
  context.font = `${isOwn ? 700 : 500} ${Math.max(11, Math.min(15, 1.4 * scale))}px ${FONT}`;
  context.textAlign = 'center';
  context.textBaseline = 'top';
  context.lineJoin = 'round';
  context.lineWidth = 3.5;
  context.strokeStyle = 'rgb(255 255 255 / 85%)';
  context.strokeText(name, x, y + 1.7 * scale);
  context.fillStyle = isOwn ? '#1f4fb0' : INK;
  context.fillText(name, x, y + 1.7 * scale);
}

/** Above the speaker, in the window. */
function drawBubble(context, [x, y], text, alpha, scale, { width }) {
  const size = Math.max(13, Math.min(16, 1.5 * scale));
  context.font = `${size}px ${FONT}`;
  const lines = wrapped(context, text, 210);
  const [w, h] = [
    Math.max(...lines.map((line) => context.measureText(line).width)) + 24,
    lines.length * size * 1.3 + 14,
  ];
  const left = Math.max(6, Math.min(x - w / 2, width - w - 6));
  const bottom = y - 2.1 * scale;
  const top = Math.max(6, bottom - h);
  context.globalAlpha = alpha;
  context.shadowColor = 'rgb(38 50 74 / 30%)';
  context.shadowBlur = 10;
  context.fillStyle = '#fff';
  context.beginPath();
  context.roundRect(left, top, w, h, 12);
  context.moveTo(x - 7, top + h - 1);
  context.lineTo(x, top + h + 8);
  context.lineTo(x + 7, top + h - 1);
  context.fill();
  context.shadowBlur = 0;
  context.fillStyle = INK;
  context.textAlign = 'left';
  context.textBaseline = 'top';
  for (const [i, line] of lines.entries()) context.fillText(line, left + 12, top + 8 + i * size * 1.3);
  context.globalAlpha = 1;
}

function wrapped(context, text, most) {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (context.measureText(longer).width <= most || lines.at(-1) === '') lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** @param flat how much lower than wide */
function disc(context, x, y, radius, colour, flat = 1) {
  context.fillStyle = colour;
  context.beginPath();
  context.ellipse(x, y, radius, radius * flat, 0, 0, 2 * Math.PI);
  context.fill();
}

function colourOf(name) {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + character.codePointAt(0)) % 360;
  return `hsl(${(hash * 47) % 360} 52% 58%)`;
}
