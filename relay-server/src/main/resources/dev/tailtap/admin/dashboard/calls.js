// The latest calls: those that failed, those without certain counts, or all; and one whole row.

import { byId, cell, el, fill, mark, say, sayTrouble } from './dom.js';
import { duration, moment, whole } from './format.js';
import { ask, reason } from './session.js';

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
  const { problem, upstream, model, tenant, id } = Object.fromEntries(new FormData(byId('calls-form')));
  if (id && !ID.test(id.trim())) {
    say('calls-message', 'An id looks like 019aa1b2-0000-7000-8000-000000000000.', true);
    fill('calls', []);
    return;
  }
  const from = new Date(Date.now() - DAY_MS).toISOString();
  let records;
  try {
    records = (await ask('/records', id ? { id: id.trim() } : { limit: MOST, problem, upstream, model, tenant, from }, signal)).records;
  } catch (failure) {
    if (!signal.aborted) {
      sayTrouble('calls', reason(failure));
    }
    throw failure;
  }
  fill('calls', records.map(row));
  say('calls-message', records.length ? null : id ? 'There is no row of this id.' : EMPTY[problem]);
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
