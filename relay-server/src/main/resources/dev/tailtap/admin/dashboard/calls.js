// The latest calls: those that failed, those without certain counts, or all; and one whole row.

import { byId, cell, el, fill, mark, say, sayTrouble } from './dom.js';
import { duration, moment, whole } from './format.js';
import { ask, reason } from './session.js';

/** Where the pages of older calls begin, the newest of these last; none: the latest calls are shown. */
const older = [];
let next = null; // where the page after this one begins; null: it is the last

const MOST = 20;
const DAY_MS = 86_400_000;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const EMPTY = {
  failed: 'No call failed in the last 24 hours, with these filters.',
  unmetered: 'No call is unmetered in the last 24 hours, with these filters.',
  '': 'No call in the last 24 hours, with these filters.',
};

/** Asks for what the form says and shows it; throws where there is no answer. */
export async function refreshCalls(signal) {
  const before = older.at(-1);
  const { problem, upstream, model, tenant, id } = Object.fromEntries(new FormData(byId('calls-form')));
  if (id && !ID.test(id.trim())) {
    say('calls-message', 'An id looks like 019aa1b2-0000-7000-8000-000000000000.', true);
    fill('calls', []);
    return;
  }
  const from = new Date(Date.now() - DAY_MS).toISOString();
  let page;
  try {
    page = await ask('/records', id ? { id: id.trim() } : { limit: MOST, problem, upstream, model, tenant, from: before ? null : from, before }, signal);
  } catch (failure) {
    if (!signal.aborted) {
      sayTrouble('calls', reason(failure));
    }
    throw failure;
  }
  const { records } = page;
  next = id ? null : page.next ?? (before ? null : place(from, '00000000-0000-0000-0000-000000000000'));
  fill('calls', records.map(row));
  const far = page.looked_back_to && `Looked back to ${moment(page.looked_back_to)} UTC; “Older” goes on from there.`;
  const none = before ? 'There is no older call, with these filters.' : EMPTY[problem];
  say('calls-message', far || (records.length ? null : id ? 'There is no row of this id.' : none));
  show();
}

/** Shows the calls before these, or again those after them. */
export function turnCalls(back) {
  if (back) {
    older.push(next);
  } else {
    older.pop();
  }
}

/** What the form changed begins with the latest calls. */
export function latestCalls() {
  older.length = 0;
  next = null;
  show();
}

/** A place among the rows, as the relay writes it: the latest are those of a day, and before it begins a page like any other. */
function place(time, id) {
  return `${Date.parse(time)}000_${id}`;
}

function show() {
  byId('calls-older').disabled = next === null;
  byId('calls-newer').disabled = older.length === 0;
}

/** Lets the filter name these upstreams. */
export function offerUpstreams(names) {
  const select = byId('calls-form').elements.upstream;
  const offered = [...select.options].slice(1).map((option) => option.value);
  if (names.join('\n') !== offered.join('\n')) {
    const chosen = select.value;
    select.replaceChildren(el('option', { value: '' }, 'any'), ...names.map((name) => el('option', { value: name }, name)));
    select.value = names.includes(chosen) ? chosen : '';
  }
}

function row(record) {
  const ended = record.outcome === 'completed';
  const left = record.outcome === 'client_gone';
  const status = record.http_status >= 400 ? record.http_status : null;
  const why = ended || record.error === 'error_status' ? null : record.error;
  const outcome = [record.outcome, status, why].filter((part) => part).join(', ');
  const level = { final: 'ok', repeated: 'ok', partial: 'watch' }[record.usage_state] ?? 'bad';
  return el(
    'tr',
    {},
    cell(moment(record.started_at), 'short'),
    cell(el('button', { class: 'id', type: 'button', 'data-key': record.id, title: record.id, 'aria-label': `Call ${record.id}`, click: () => open(record) }, `…${record.id.slice(-8)}`), 'short'),
    cell(record.response_model ?? record.sent_model ?? record.request_model ?? '–'),
    cell(record.upstream),
    cell(mark(ended ? 'ok' : left ? 'watch' : 'bad', outcome)),
    cell(status ? record.usage_state : mark(level, record.usage_state ?? 'unknown'), 'short'),
    cell(whole(record.prompt_tokens), 'number minor'),
    cell(whole(record.completion_tokens), 'number minor'),
    cell(duration(record.latency_ms), 'number minor'),
  );
}

/** The whole row: what is known, and the names of what is not. */
function open(record) {
  const known = Object.entries(record).filter(([, value]) => value !== null);
  const absent = Object.keys(record).filter((name) => record[name] === null);
  byId('row').replaceChildren(
    ...known.flatMap(([name, value]) => [
      el('dt', {}, name),
      el('dd', {}, typeof value === 'object' ? JSON.stringify(value) : String(value)),
    ]),
  );
  byId('row-absent').textContent = absent.length ? `Not known: ${absent.join(', ')}` : '';
  byId('row-dialog').showModal();
}
