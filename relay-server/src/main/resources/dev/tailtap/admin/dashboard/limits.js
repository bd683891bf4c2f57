// Limits and budgets: what their fullest buckets hold, what was refused by which, and by virtual keys.

import { cell, el, fill, mark, say, sayTrouble } from './dom.js';
import { duration, moment, percent, short, whole } from './format.js';
import { ask, reason } from './session.js';

/** Buckets of each limit, the fullest. */
const MOST = 3;
const KINDS = ['requests', 'tokens', 'streams', 'budget'];
const NEARLY = 0.8;
const SHARED = {
  up: 'Relays hold these together, and can: what they share is up.',
  away: 'What relays share is away: limits.shared-away says what holds.',
};

/** Asks and shows; throws where there is no answer. */
export async function refreshLimits(signal) {
  let answer;
  try {
    answer = await ask('/limits', { count: String(MOST) }, signal);
  } catch (failure) {
    if (!signal.aborted) {
      sayTrouble('limits', reason(failure));
    }
    throw failure;
  }
  fill('limits', answer.limits.flatMap(rows));
  say('limits-message', answer.limits.length ? SHARED[answer.shared] : 'No limit is set.', answer.shared === 'away');
  const keys = counts(answer.keys_refused);
  say('keys-message', keys && `Refused for their virtual key since the start: ${keys}.`);
}

function rows(limit) {
  const more = limit.buckets > limit.fullest.length ? `the fullest of ${whole(limit.buckets)}` : '';
  const refused = [counts(limit.refused), counts(limit.warned, 'only warned: ')].filter((text) => text);
  const head = el(
    'tr',
    { class: 'upstream' },
    el('th', { scope: 'row' }, limit.name),
    cell(trial(limit), 'short'),
    cell(more, 'number'),
    cell(refused.join('; ') || '0', 'number'),
    cell(''),
  );
  return [head, ...limit.fullest.flatMap(bucketRows)];
}

/** What of it only warns: its rates and places, its budget, or both. */
function trial(limit) {
  const budget = limit.fullest.map((bucket) => bucket.budget).find((one) => one);
  if (limit.mode === 'warn') {
    return budget && budget.mode === 'refuse' ? 'only warns, but for its budget' : 'only warns';
  }
  return budget && budget.mode === 'warn' ? 'its budget only warns' : '';
}

/** A line for each thing that it has in use, one at least. */
function bucketRows(bucket) {
  const whose = Object.entries(bucket.of).map(([facet, name]) => `${facet} ${name || '(none)'}`).join(', ') || 'all calls';
  const counted = KINDS.filter((kind) => bucket[kind]);
  const used = counted.filter((kind) => bucket[kind].used > 0);
  return (used.length ? used : counted.slice(0, 1)).map((kind, i) =>
    el(
      'tr',
      { class: 'key' },
      el('th', { scope: 'row' }, i === 0 ? whose : el('span', { class: 'unseen' }, whose), ` ${kind}`),
      cell(standing(bucket[kind], kind), 'short'),
      cell(`${short(bucket[kind].used)} of ${short(bucket[kind].size)}${bucket[kind].unit ? ` ${bucket[kind].unit}` : ''}`, 'number'),
      cell(i === 0 ? whole(bucket.refused) : '', 'number'),
      cell(bucket[kind].to ? until(bucket[kind].to) : '', 'short'),
    ),
  );
}

/** A bucket with less than one request left refuses the next one. */
function standing({ used, size }, kind) {
  if (used > size * 1.001) {
    return mark('bad', `beyond it, ${percent(used, size)}`);
  }
  if (used >= size || (kind === 'requests' && size - used < 1)) {
    return mark('bad', 'used up');
  }
  return mark(used < NEARLY * size ? 'ok' : 'watch', percent(used, size));
}

/** When a budget begins anew. */
function until(text) {
  return `${moment(text)}, in ${duration(Date.parse(text) - Date.now())}`;
}

/** 3 unknown, 1 expired */
function counts(byReason, before = '') {
  const parts = Object.entries(byReason ?? {}).map(([why, count]) => `${whole(count)} ${why}`);
  return parts.length ? before + parts.join(', ') : '';
}
