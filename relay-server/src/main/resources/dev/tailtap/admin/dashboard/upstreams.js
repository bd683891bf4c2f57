// Upstreams and their keys: whether they are asked, and if not, why and until when.

import { cell, el, fill, mark, say } from './dom.js';
import { duration, moment, whole } from './format.js';

const LEVELS = { ok: 'ok', parked: 'watch', out: 'bad' };

/** Shows what an event of /live says about them. */
export function showUpstreams(figures) {
  const rows = [];
  const now = Date.parse(figures.at);
  for (const upstream of figures.upstreams) {
    const streams = figures.streams.upstreams[upstream.name];
    const most = streams ? ` of ${whole(streams.max)}` : '';
    rows.push(row('upstream', upstream.name, upstream, now, `${whole(upstream.streams)}${most}`));
    for (const key of upstream.keys) {
      const parked = key.callers_parked ? `${whole(key.callers_parked)} callers' own keys parked` : '';
      if (key.label !== null || parked || key.state !== 'ok') {
        rows.push(row('key', key.label ?? 'the clients’ own keys', key, now, parked));
      }
    }
  }
  say('upstreams-message', rows.length ? null : 'No upstream is configured.');
  fill('upstreams', rows);
}

/** The names of the upstreams, for a filter. */
export function namesOf(figures) {
  return figures.upstreams.map((upstream) => upstream.name);
}

function row(kind, name, standing, now, streams) {
  const why = standing.reason ? `, ${standing.reason}` : '';
  return el(
    'tr',
    { class: kind },
    el('th', { scope: 'row' }, name),
    cell(mark(LEVELS[standing.state] ?? 'bad', standing.state + why)),
    cell(until(standing.until, now)),
    cell(streams, 'number'),
  );
}

/** What is past waits for the request that probes. */
function until(text, now) {
  if (text === null) {
    return '';
  }
  const left = Date.parse(text) - now;
  return left > 0 ? `${moment(text)}, in ${duration(left)}` : 'the next call, which probes';
}
