// Calls, tokens and cost by model, tenant or upstream, and how they came about in time.

import { byId, cell, el, fill, say, sayTrouble } from './dom.js';
import { bars } from './chart.js';
import { cost, short, whole } from './format.js';
import { ask, open, reason } from './session.js';

const MOST = 50;
const HOUR_MS = 3_600_000;
const NAMES = { model: 'Model', tenant: 'Tenant', upstream: 'Upstream' };

/** Asks for what the form says and shows it; throws where there is no answer. */
export async function refreshSums(signal) {
  const { by, span } = Object.fromEntries(new FormData(byId('sums-form')));
  const from = begin(Number(span));
  let groups;
  let times;
  try {
    groups = (await ask('/stats', { from: from.toISOString(), by }, signal)).groups;
    times = span === '1' ? null : (await ask('/stats', { from: from.toISOString(), by: unit(span) }, signal)).groups;
  } catch (failure) {
    if (!signal.aborted) {
      sayTrouble('sums', reason(failure));
    }
    throw failure;
  }
  byId('sums-key').textContent = NAMES[by];
  fill('sums', groups.slice(0, MOST).map((group) => row(group, by)));
  byId('history').replaceChildren(...(times && groups.length ? history(times, from, span) : []));
  const more = groups.length > MOST ? `The first ${MOST} of ${whole(groups.length)}${groups.length >= 1000 ? ' or more' : ''}.` : '';
  say('sums-message', groups.length ? more : 'No calls in this time.');
}

/** Has the browser keep what the table is made of, all groups, as CSV; a link could not send the token. */
export async function saveSums(signal) {
  const { by, span } = Object.fromEntries(new FormData(byId('sums-form')));
  const from = begin(Number(span)).toISOString();
  try {
    const table = await (await open(`/stats?from=${from}&by=${by}&format=csv`, signal)).blob();
    const link = el('a', { href: URL.createObjectURL(table), download: `tailtap-${by}-${from.slice(0, 13)}.csv` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } catch (failure) {
    say('sums-message', reason(failure), true);
  }
}

/** Sums are by the hour: the first is a whole one. */
function begin(hours) {
  const step = hours > 24 ? 24 * HOUR_MS : HOUR_MS;
  const ago = hours === 1 ? 0 : hours * HOUR_MS - step;
  return new Date(Math.floor((Date.now() - ago) / step) * step);
}

function unit(span) {
  return span === '24' ? 'hour' : 'day';
}

function row(group, by) {
  const none = by === 'model' ? '(no model named)' : '(none)';
  return el(
    'tr',
    {},
    el('th', { scope: 'row' }, group.key || none),
    cell(whole(group.calls), 'number'),
    cell(whole(group.calls_with_usage), 'number minor'),
    cell(whole(group.prompt_tokens), 'number'),
    cell(whole(group.completion_tokens), 'number'),
    cell(cost(group), 'number'),
    cell(whole(group.unpriced_calls), 'number minor'),
  );
}

/** Two charts, with a bar for hours or days without calls, too. */
function history(times, from, span) {
  const byKey = new Map(times.map((group) => [group.key, group]));
  const step = unit(span) === 'hour' ? HOUR_MS : 24 * HOUR_MS;
  const slots = [];
  for (let at = from.getTime(); at <= Date.now(); at += step) {
    const text = new Date(at).toISOString();
    const key = unit(span) === 'hour' ? `${text.slice(0, 19)}Z` : text.slice(0, 10);
    slots.push({ key, sums: byKey.get(key) });
  }
  return [
    chart('Calls', slots, (sums) => sums.calls),
    chart('Tokens', slots, (sums) => sums.total_tokens),
  ];
}

function chart(name, slots, value) {
  const points = slots.map(({ key, sums }) => {
    const number = sums ? value(sums) : 0;
    return { value: number, words: `${key}: ${whole(number)}` };
  });
  const most = points.reduce((top, point) => (point.value > top.value ? point : top), points[0]);
  const label = (key) => (key.length > 10 ? key.slice(11, 16) : key.slice(5));
  return el(
    'figure',
    {},
    el('figcaption', {}, name, el('span', {}, `at most ${short(most.value)}`)),
    bars(points, `${name} from ${slots[0].key} on; at most ${whole(most.value)}, at ${most.words.split(': ')[0]}`),
    el('p', { class: 'ends', 'aria-hidden': 'true' }, el('span', {}, label(slots[0].key)), el('span', {}, label(slots.at(-1).key))),
  );
}
