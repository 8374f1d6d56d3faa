// A line over a logarithmic axis, as SVG.

/**
 * @param {{ title: string, x: string, y: string, points: [number, number][], target?: number }} chart names of the axes, points from
 *   left to right, and what they should stay below
 */
export function lineChart({ title, x: xName, y: yName, points, target }) {
  const [width, height, left, bottom] = [640, 320, 56, 44];
  const most = Math.max(target ?? 0, ...points.map(([, value]) => value)) * 1.15;
  const [first, last] = [points[0], points.at(-1)].map(([at]) => Math.log(at));
  const x = (at) => left + ((Math.log(at) - first) / (last - first)) * (width - left - 36);
  const y = (value) => height - bottom - (value / most) * (height - bottom - 28);
  const step = 10 ** Math.floor(Math.log10(most)) / (most / 10 ** Math.floor(Math.log10(most)) > 4 ? 1 : 4);
  const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
  const text = (px, py, what, anchor = 'middle') => `<text x='${px}' y='${py}' text-anchor='${anchor}'>${what}</text>`;
  const line = points.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
  return [
    `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 ${width} ${height}' font-family='sans-serif' font-size='12' fill='#444'>`,
    `<title>${title}</title>`,
    `<rect width='${width}' height='${height}' fill='#fff'/>`,
    text(left, 16, yName, 'start'),
    `<path d='M${left},24V${height - bottom}H${width - 24}' fill='none' stroke='#444'/>`,
    ...ticks.map((value) => text(left - 8, y(value) + 4, value, 'end')),
    ...(target === undefined
      ? []
      : [
          `<path d='M${left},${y(target)}H${width - 24}' stroke='#c33' stroke-dasharray='6 4'/>`,
          text(width - 28, y(target) - 6, 'target', 'end'),
        ]),
    `<polyline points='${line.join(' ')}' fill='none' stroke='#2563eb' stroke-width='2'/>`,
    ...points.map(
      ([at, value]) => `<circle cx='${x(at).toFixed(1)}' cy='${y(value).toFixed(1)}' r='3.5' fill='#2563eb'/>`,
    ),
    ...points.map(([at, value]) => text(x(at).toFixed(1), (y(value) - 9).toFixed(1), value.toFixed(0))),
    ...points.map(([at]) => text(x(at).toFixed(1), height - bottom + 18, at.toLocaleString('en'))),
    text((left + width) / 2, height - 6, xName),
    '</svg>',
    '',
  ].join('\n');
}
