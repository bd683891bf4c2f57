// How right the counts are, by model, with the doctor's causes.

import { cell, el, fill, mark, say, sayTrouble } from './dom.js';
import { percent, whole } from './format.js';
import { ask, reason } from './session.js';

const MOST = 25;

/** Asks and shows; throws where there is no answer. */
export async function refreshQuality(signal) {
  let answer;
  try {
    answer = await ask('/quality', {}, signal);
  } catch (failure) {
    if (!signal.aborted) {
      sayTrouble('quality', reason(failure));
    }
    throw failure;
  }
  const models = answer.models;
  const shown = models.slice(0, MOST);
  fill('quality', shown.flatMap(rows));
  const notes = [];
  if (!models.length) {
    notes.push('No calls in the last 24 hours.');
  } else if (shown.every((model) => missing(model) === 0)) {
    notes.push('Every call that cost tokens has its final counts.');
  }
  if (models.length > shown.length) {
    notes.push(`${models.length - shown.length} more models have less to look at.`);
  }
  if (!answer.whole) {
    notes.push('There are so many calls that only the newest were looked at.');
  }
  say('quality-message', notes.join(' '));
}

/** Neither final nor free of tokens. */
function missing(model) {
  return model.calls - model.free - model.usage_states.final;
}

function rows(model) {
  const due = model.calls - model.free;
  const lost = missing(model);
  const level = lost === 0 ? 'ok' : lost / due < 0.01 ? 'watch' : 'bad';
  const line = el(
    'tr',
    {},
    el('th', { scope: 'row' }, model.model || '(no model named)'),
    cell(model.upstream),
    cell(whole(model.calls), 'number'),
    cell(due ? mark(level, percent(model.usage_states.final, due)) : '–', 'number'),
    cell(whole(lost), 'number'),
    cell(whole(model.free), 'number minor'),
  );
  const causes = model.causes.filter((cause) => !cause.free).map(causeItem);
  return causes.length
    ? [line, el('tr', { class: 'causes' }, el('td', { colspan: 6 }, el('ul', {}, ...causes)))]
    : [line];
}

function causeItem(cause) {
  return el(
    'li',
    {},
    el('strong', {}, `${whole(cause.calls)} ${cause.usage_state}`),
    `: ${cause.cause}. `,
    el('span', { class: 'advice' }, `To do: ${cause.do}.`),
    el('code', {}, cause.evidence),
  );
}
