// Asks the admin port, with the token if there is one. The token lives in this tab's session alone.

const KEY = 'tailtap.token';

/** The port said no. */
export class Refusal extends Error {
  constructor(status, code, retryAfter) {
    super(code);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

export function hasToken() {
  return sessionStorage.getItem(KEY) !== null;
}

/** False: a field of HTTP cannot carry it, so it is no token of the relay's. */
export function keepToken(token) {
  if (!/^[\x21-\x7e]+$/.test(token)) {
    return false;
  }
  sessionStorage.setItem(KEY, token);
  return true;
}

export function forgetToken() {
  sessionStorage.removeItem(KEY);
}

/** The response to a GET; throws a Refusal, or a TypeError where nobody answers. */
export async function open(path, signal) {
  const token = sessionStorage.getItem(KEY);
  const response = await fetch(path, {
    headers: token === null ? {} : { Authorization: `Bearer ${token}` },
    cache: 'no-store',
    signal,
  });
  if (!response.ok) {
    const body = await response.json().catch(() => null);
    const code = typeof body?.error?.code === 'string' ? body.error.code : `status ${response.status}`;
    throw new Refusal(response.status, code, Number(response.headers.get('Retry-After')) || 0);
  }
  return response;
}

/** The JSON at a path; parameters that are empty are left out. */
export async function ask(path, parameters, signal) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value) {
      query.set(name, value);
    }
  }
  const text = query.toString().replaceAll('+', '%20'); // to the relay a plus is a plus
  return (await open(text ? `${path}?${text}` : path, signal)).json();
}

/** Why an answer did not come, for people. */
export function reason(failure) {
  if (!(failure instanceof Refusal)) {
    return 'The relay does not answer.';
  }
  const words = {
    database_unavailable: 'The database is away.',
    busy: 'Others ask the database just now.',
    too_many_listeners: 'Enough pages like this one are open.',
    wrong_host: 'The relay is asked by a name that it does not know: see admin.hosts.',
    bad_parameter: 'The relay does not take this filter.',
    internal_error: 'The relay failed to answer; its log says why.',
  };
  return words[failure.code] ?? `The relay refuses: ${failure.code}.`;
}
