// May I sleep: one sentence, and the facts that it rests on.

import { byId, el, mark } from './dom.js';
import { bytes, duration, whole } from './format.js';

const WHY_NOT = {
  draining: 'it was told to stop',
  memory: 'it holds as much for others as it may (limits.memory)',
  journal: 'its journal cannot take a record for certain',
};
const LATE_MS = 30_000;
const TOO_LATE_MS = 600_000;

/** Shows what an event of /live says about it. */
export function showSleep(figures) {
  const facts = [
    admission(figures),
    oldestRow(figures.rows),
    journal(figures.rows.journal),
    database(figures.rows),
    upstreams(figures.upstreams),
  ];
  const worst = facts.some((fact) => fact.level === 'bad')
    ? 'bad'
    : facts.some((fact) => fact.level === 'watch') ? 'watch' : 'ok';
  const reasons = facts.filter((fact) => fact.level === worst).map((fact) => fact.reason);
  const sentence = {
    ok: 'Yes. Calls are admitted, and their rows are written.',
    watch: `Yes, but have a look: ${reasons.join('; ')}.`,
    bad: `No: ${reasons.join('; ')}.`,
  }[worst];
  showVerdict(worst, sentence);
  byId('facts').replaceChildren(...facts.map(item));
}

/** Where nothing is known there is no reason to sleep. */
export function showUnknown(why) {
  showVerdict('bad', `Nobody knows: ${why}`);
  byId('facts').replaceChildren();
}

function showVerdict(level, sentence) {
  const line = byId('verdict');
  const former = line.textContent;
  line.className = `verdict ${level}`;
  if (former !== sentence) {
    line.textContent = sentence; // said aloud only when it changes
  }
}

function item(fact) {
  return el(
    'li',
    { class: fact.level },
    el('span', { class: 'name' }, fact.name),
    mark(fact.level, fact.value),
    el('span', { class: 'note' }, fact.note),
  );
}

function admission(figures) {
  const why = WHY_NOT[figures.reason] ?? figures.reason;
  return figures.admitting
    ? { name: 'New calls', level: 'ok', value: 'admitted', note: 'each with room for its row' }
    : { name: 'New calls', level: 'bad', value: 'refused', note: why, reason: `new calls are refused, because ${why}` };
}

function oldestRow(rows) {
  const name = 'Oldest unwritten row';
  if (rows.waiting === 0) {
    return { name, level: 'ok', value: 'none', note: 'all are in the database' };
  }
  const age = duration(rows.oldest_ms);
  const level = rows.oldest_ms < LATE_MS ? 'ok' : rows.oldest_ms < TOO_LATE_MS ? 'watch' : 'bad';
  return { name, level, value: age, note: `${whole(rows.waiting)} waiting`, reason: `rows have waited for ${age}` };
}

/** What is left is bounded by the journal's own limit and by what must stay free on its disk. */
function journal(room) {
  const own = Math.max(0, room.max_bytes - room.bytes);
  const disk = Math.max(0, room.free_bytes - room.min_free_bytes);
  const left = Math.min(own, disk);
  const share = left / room.max_bytes;
  const level = share < 0.1 ? 'bad' : share < 0.5 ? 'watch' : 'ok';
  const value = `${bytes(left)} left`;
  const note = disk < own ? `its disk has ${bytes(room.free_bytes)} free` : `of ${bytes(room.max_bytes)}`;
  return { name: 'Journal room', level, value, note, reason: `the journal has ${value}` };
}

function database(rows) {
  return rows.database === 'up'
    ? { name: 'Database', level: 'ok', value: 'up', note: 'it took the last rows' }
    : { name: 'Database', level: 'watch', value: 'away', note: 'rows are kept in the journal', reason: 'the database is away' };
}

function upstreams(list) {
  const name = 'Upstreams';
  const down = list.filter((one) => one.state !== 'ok').length;
  if (down === 0) {
    return { name, level: 'ok', value: 'asked', note: list.length === 1 ? 'the only one' : `all ${list.length}` };
  }
  const level = down === list.length ? 'bad' : 'watch';
  const reason = down === list.length ? 'no upstream can be asked' : `${down} of ${list.length} upstreams not asked`;
  return { name, level, value: `${down} of ${list.length} not asked`, note: 'see below', reason };
}
