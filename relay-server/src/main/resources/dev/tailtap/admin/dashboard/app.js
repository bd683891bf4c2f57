// Begins here: holds the page together. While the page is hidden it asks nothing.

import { byId, fill, say } from './dom.js';
import { latestCalls, offerUpstreams, refreshCalls, turnCalls } from './calls.js';
import { refreshLimits } from './limits.js';
import { listen } from './live.js';
import { Now } from './now.js';
import { refreshQuality } from './quality.js';
import { Refusal, forgetToken, hasToken, keepToken } from './session.js';
import { showSleep, showUnknown } from './sleep.js';
import { refreshSums, saveSums } from './sums.js';
import { namesOf, showUpstreams } from './upstreams.js';

/** How long an answer of the database is good enough, while calls go on and while none end. */
const BUSY_MS = { limits: 5_000, calls: 5_000, now: 30_000, sums: 30_000, quality: 60_000 };
const QUIET_MS = 120_000;
const TRY_AGAIN_MS = 10_000;
const LOOK_MS = 1_000;

const now = new Now();
const QUESTIONS = { limits: refreshLimits, calls: refreshCalls, now: (signal) => now.refresh(signal), sums: refreshSums, quality: refreshQuality };
const asked = {}; // by question: {at, calls, failed} of the last answer
const underWay = {}; // by question: what aborts it
let running = null; // aborts all of them; null: the page is hidden or locked
let heard = false; // something of /live, or why not

function start() {
  if (running || document.hidden) {
    return;
  }
  running = new AbortController();
  byId('locked').hidden = true;
  document.body.classList.remove('locked');
  byId('forget').hidden = !hasToken();
  const signal = running.signal;
  listen({
    signal,
    onEvent(figures) {
      heard = true;
      document.body.classList.remove('stale');
      say('link', `live, ${figures.at.slice(11, 19)} UTC`);
      showSleep(figures);
      showUpstreams(figures);
      now.onFigures(figures);
      offerUpstreams(namesOf(figures));
    },
    onTrouble(why) {
      heard = true;
      document.body.classList.add('stale');
      say('link', `${why} Trying again.`, true);
      showUnknown(why);
    },
    onLocked: lock,
  });
  askInTurn(signal);
}

function stop() {
  running?.abort();
  running = null;
}

/** One question after the other, so that one page takes one of the relay's two readers at most. */
async function askInTurn(signal) {
  while (!signal.aborted) {
    for (const name of Object.keys(QUESTIONS)) {
      if (heard && isDue(name) && !signal.aborted) {
        await refresh(name, signal);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function isDue(name) {
  const last = asked[name];
  if (underWay[name]) {
    return false;
  }
  if (!last) {
    return true;
  }
  const age = Date.now() - last.at;
  const busy = last.calls !== now.calls() || last.failed;
  return age > (busy ? Math.max(BUSY_MS[name], last.failed ? TRY_AGAIN_MS : 0) : QUIET_MS);
}

/** Asks once more, in place of what is under way for the same. */
async function refresh(name, signal) {
  underWay[name]?.abort();
  const own = new AbortController();
  underWay[name] = own;
  const either = AbortSignal.any([signal, own.signal]);
  const calls = now.calls();
  try {
    await QUESTIONS[name](either);
    asked[name] = { at: Date.now(), calls, failed: false };
  } catch (failure) {
    if (either.aborted) {
      return;
    }
    asked[name] = { at: Date.now(), calls, failed: true };
    if (failure instanceof Refusal && failure.status === 401) {
      lock();
    }
  } finally {
    if (underWay[name] === own) {
      delete underWay[name];
    }
  }
}

/** Asks for the token. One that was kept is wrong by now. */
function lock() {
  if (!running) {
    return;
  }
  stop();
  const wrong = hasToken();
  forgetToken();
  byId('forget').hidden = true;
  byId('locked').hidden = false;
  document.body.classList.add('locked');
  say('link', 'locked');
  showUnknown('the figures need a token.');
  askForToken(wrong ? 'The relay does not take this token.' : null);
}

function askForToken(trouble) {
  say('token-message', trouble, true);
  byId('token').value = '';
  byId('token').setAttribute('aria-invalid', trouble ? 'true' : 'false');
  if (!byId('token-dialog').open) {
    byId('token-dialog').showModal();
  }
}

function askAgain(name) {
  delete asked[name];
  say(`${name}-message`, 'Asking …');
  if (running) {
    refresh(name, running.signal);
  }
}

/** What a form changes is asked for at once; the others wait for their time. */
function refreshOn(formId, name) {
  const form = byId(formId);
  const again = (event) => {
    event.preventDefault();
    fill(name, []);
    if (name === 'calls') {
      latestCalls();
    }
    askAgain(name);
  };
  form.addEventListener('change', again);
  form.addEventListener('submit', again);
}

byId('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  if (!keepToken(byId('token').value.trim())) {
    askForToken('The relay does not take this token.');
    return;
  }
  byId('token-dialog').close();
  for (const name of Object.keys(asked)) {
    delete asked[name];
  }
  start();
});
byId('unlock').addEventListener('click', () => askForToken(null));
byId('forget').addEventListener('click', () => {
  forgetToken();
  location.reload();
});
document.addEventListener('visibilitychange', () => (document.hidden ? stop() : start()));
refreshOn('sums-form', 'sums');
refreshOn('calls-form', 'calls');
for (const [id, back] of [['calls-older', true], ['calls-newer', false]]) {
  byId(id).addEventListener('click', () => {
    turnCalls(back);
    askAgain('calls');
  });
}
byId('sums-save').addEventListener('click', () => running && saveSums(running.signal));
start();
