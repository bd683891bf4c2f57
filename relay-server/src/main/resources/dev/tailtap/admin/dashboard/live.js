// Listens to /live, with fetch because an EventSource cannot send a token.

import { Refusal, open, reason } from './session.js';

const SILENCE_MS = 10_000;
const WAITS_MS = [1000, 2000, 5000, 10_000];

/**
 * Calls onEvent with each event's figures, and onTrouble with why there are none, again and again
 * until the signal. Whoever has no token is told once, by onLocked.
 */
export async function listen({ onEvent, onTrouble, onLocked, signal }) {
  let failures = 0;
  while (!signal.aborted) {
    try {
      await hear((figures) => {
        failures = 0;
        onEvent(figures);
      }, signal);
      throw new TypeError('the stream has ended');
    } catch (failure) {
      if (signal.aborted) {
        return;
      }
      if (failure instanceof Refusal && failure.status === 401) {
        onLocked();
        return;
      }
      onTrouble(reason(failure));
      const wait = WAITS_MS[Math.min(failures++, WAITS_MS.length - 1)];
      await pause(Math.max(wait, 1000 * (failure.retryAfter ?? 0)), signal);
    }
  }
}

/** Reads one stream; one that is silent is given up. */
async function hear(onFigures, signal) {
  const silence = new AbortController();
  const give = () => silence.abort();
  signal.addEventListener('abort', give, { once: true });
  let timer = setTimeout(give, SILENCE_MS);
  try {
    const response = await open('/live', silence.signal);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(give, SILENCE_MS);
      const events = (text + part.value).split('\n\n');
      text = events.pop();
      events.forEach((event) => onFigures(JSON.parse(event.slice('data: '.length))));
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', give);
  }
}

function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
