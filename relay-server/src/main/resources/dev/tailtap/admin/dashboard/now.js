// What goes on now: tiles whose rates come from the difference of two events of /live, and whose
// figures of today come from the database.

import { byId, el, say } from './dom.js';
import { sparkline } from './chart.js';
import { ask, reason } from './session.js';
import { cost, duration, percent, short, whole } from './format.js';

const KEPT_MS = 600_000;
const WINDOW_MS = 60_000;
const GAP_MS = 5_000;
const POINTS = 30;

/** The rates of this page's time. */
export class Now {
  #samples = []; // one an event, oldest first, of the last ten minutes
  #today = null; // null: not known
  #firstEvents = null;

  /** Takes an event of /live and shows it. */
  onFigures(figures) {
    const sample = flat(figures);
    const last = this.#samples.at(-1);
    if (last && (sample.calls < last.calls || sample.requests < last.requests || sample.at < last.at)) {
      this.#samples = []; // the relay was started anew
    }
    this.#samples.push(sample);
    while (this.#samples[0].at < sample.at - KEPT_MS) {
      this.#samples.shift();
    }
    this.#show();
  }

  /** Ended calls since the relay's start; null: no event came. */
  calls() {
    return this.#samples.at(-1)?.calls ?? null;
  }

  /** Asks the database for the rest. */
  async refresh(signal) {
    try {
      const day = new Date().toISOString().slice(0, 10);
      this.#today = (await ask('/stats', { from: day, by: 'day' }, signal)).totals;
      this.#firstEvents = await ask('/first-event', {}, signal);
      say('now-message', null);
    } catch (failure) {
      if (signal.aborted) {
        throw failure;
      }
      this.#today = null;
      this.#firstEvents = null;
      say('now-message', `${reason(failure)} Times and cost of today are not known now.`, true);
      throw failure;
    } finally {
      this.#show();
    }
  }

  #show() {
    const now = this.#samples.at(-1);
    if (!now) {
      return;
    }
    const past = this.#samples.find((sample) => sample.at >= now.at - WINDOW_MS);
    const rate = (field) => perMinute(past, now, field);
    const ended = now.calls - past.calls;
    const failed = now.errors - past.errors;
    const cached = now.input === past.input ? '' : `, ${percent(now.cached - past.cached, now.input - past.input)} of it cached`;
    const times = this.#firstEvents;
    byId('tiles').replaceChildren(
      tile('Streams now', whole(now.active), `of ${whole(now.max)}, most ${whole(now.peak)}`, this.#line('streams', (a, b) => b.active)),
      tile('Calls a minute', short(rate('calls')), this.#today ? `${whole(this.#today.calls)} today` : '', this.#line('calls a minute', rateOf('calls'))),
      tile('Errors', ended ? percent(failed, ended) : failed ? whole(failed) : '0 %', `${whole(failed)} of ${whole(ended)} calls; ${whole(now.refused - past.refused)} refused`, this.#line('errors a minute', rateOf('errors'))),
      tile('First event', times?.calls ? duration(times.p50_ms) : '–', times?.calls ? `p50; p95 ${duration(times.p95_ms)}, of ${whole(times.calls)} in 5 min` : times ? 'no call in 5 min' : 'not known'),
      tile('Tokens in, a minute', short(rate('input')), `${short(rate('cached'))} cached${cached}`, this.#line('tokens in', rateOf('input'))),
      tile('Tokens out, a minute', short(rate('output')), this.#today ? `${short(this.#today.prompt_tokens)} in, ${short(this.#today.completion_tokens)} out today` : '', this.#line('tokens out', rateOf('output'))),
      tile('Cost today', this.#today ? cost(this.#today) : '–', this.#today ? `unpriced calls: ${whole(this.#today.unpriced_calls)}` : 'not known'),
    );
  }

  /** What was kept, one minute at least, in so many points; a rate needs two samples. */
  #line(name, value) {
    const end = this.#samples.at(-1).at;
    const span = Math.max(WINDOW_MS, end - this.#samples[0].at);
    const values = [];
    let i = 0;
    for (let point = 1; point <= POINTS; point++) {
      const until = end - span + (point * span) / POINTS;
      const first = i;
      while (i + 1 < this.#samples.length && this.#samples[i + 1].at <= until) {
        i++;
      }
      const [from, to] = [this.#samples[first], this.#samples[i]];
      const known = to.at <= until && to.at > until - GAP_MS - span / POINTS;
      values.push(!known ? null : from === to ? values.at(-1) ?? null : value(from, to));
    }
    const known = values.filter((one) => one !== null);
    const most = known.length ? short(Math.max(...known)) : 'nothing';
    return sparkline(values, `${name} since ${duration(span)}, at most ${most}`);
  }
}

function flat(figures) {
  return {
    at: Date.parse(figures.at),
    active: figures.streams.active,
    max: figures.streams.max,
    peak: figures.streams.peak,
    requests: figures.totals.requests,
    refused: figures.totals.refused,
    calls: figures.totals.calls,
    errors: figures.totals.errors,
    input: figures.totals.tokens.input,
    cached: figures.totals.tokens.cached,
    output: figures.totals.tokens.output,
  };
}

/** As much as it would be in a minute; less than some seconds say nothing. */
function perMinute(past, now, field) {
  return now.at - past.at < 900 ? 0 : ((now[field] - past[field]) * 60_000) / (now.at - past.at);
}

function rateOf(field) {
  return (from, to) => perMinute(from, to, field);
}

function tile(name, value, note, chart) {
  return el(
    'li',
    {},
    el('span', { class: 'name' }, name),
    el('strong', {}, value),
    el('span', { class: 'note' }, note),
    chart,
  );
}
