// Two small charts in SVG. What they show is also said in words, for who cannot see them.

import { svg } from './dom.js';

const LINE = { width: 120, height: 28 };
const BARS = { width: 480, height: 72 };

/** A line of what was, the newest to the right; null is a gap. */
export function sparkline(values, words) {
  const known = values.filter((value) => value !== null);
  const top = Math.max(...known, 1);
  const step = LINE.width / Math.max(values.length - 1, 1);
  let path = '';
  let draws = false;
  values.forEach((value, i) => {
    if (value !== null) {
      const y = LINE.height - 2 - (value / top) * (LINE.height - 4);
      path += `${draws ? 'L' : 'M'}${(i * step).toFixed(1)} ${y.toFixed(1)}`;
    }
    draws = value !== null;
  });
  return svg(
    'svg',
    { class: 'spark', viewBox: `0 0 ${LINE.width} ${LINE.height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': words },
    svg('path', { d: path || 'M0 0', 'vector-effect': 'non-scaling-stroke' }),
  );
}

/** A bar for each of {label, value, words}, oldest first. */
export function bars(points, words) {
  const top = Math.max(...points.map((point) => point.value), 1);
  const step = BARS.width / Math.max(points.length, 1);
  return svg(
    'svg',
    { class: 'bars', viewBox: `0 0 ${BARS.width} ${BARS.height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': words },
    svg('line', { x1: 0, x2: BARS.width, y1: BARS.height, y2: BARS.height, class: 'axis', 'vector-effect': 'non-scaling-stroke' }),
    ...points.map((point, i) => {
      const height = point.value > 0 ? Math.max(1.5, (point.value / top) * (BARS.height - 2)) : 0;
      const bar = { x: i * step + step * 0.12, y: BARS.height - height, width: step * 0.76, height };
      return svg('rect', bar, svg('title', {}, point.words));
    }),
  );
}
