// Numbers, times and amounts as people read them.

const WHOLE = new Intl.NumberFormat('en');
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const NOTHING = '–';

/** 12,345 */
export function whole(number) {
  return number === null || number === undefined ? NOTHING : WHOLE.format(number);
}

/** 12.3K */
export function short(number) {
  if (number === null || number === undefined) {
    return NOTHING;
  }
  return number > 0 && number < 10 && !Number.isInteger(number)
    ? number.toFixed(1)
    : SHORT.format(Math.round(number));
}

/** 98.7 %; 100 only where nothing is missing. */
export function percent(part, all) {
  if (!all) {
    return NOTHING;
  }
  const tenths = Math.floor((part / all) * 1000) / 10;
  return `${tenths} %`;
}

/** 1.5 GiB */
export function bytes(number) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = Math.max(0, number);
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** 340 ms, 2.5 s, 4 min, 3 h, 2 days */
export function duration(ms) {
  if (ms === null || ms === undefined) {
    return NOTHING;
  }
  if (ms < 1000) {
    return `${Math.round(ms)} ms`;
  }
  if (ms < 60_000) {
    return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  }
  if (ms < 3_600_000) {
    return `${Math.floor(ms / 60_000)} min`;
  }
  return ms < 172_800_000 ? `${Math.floor(ms / 3_600_000)} h` : `${Math.floor(ms / 86_400_000)} days`;
}

/** 09:41:07, with its day unless that is today. */
export function moment(text) {
  const day = text.slice(0, 10);
  const time = text.slice(11, 19);
  return day === new Date().toISOString().slice(0, 10) ? time : `${day} ${time}`;
}

/** What sums cost: one amount, several, or that none is priced. */
export function cost(sums) {
  if (sums.costs) {
    return Object.entries(sums.costs).map(([currency, amount]) => money(amount, currency)).join(' + ');
  }
  return sums.cost === null ? NOTHING : money(sums.cost, sums.currency);
}

/** 12.34 USD; more digits where it is little. */
function money(amount, currency) {
  const digits = amount !== 0 && Math.abs(amount) < 1 ? 4 : 2;
  const number = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: digits });
  return `${number.format(amount)} ${currency}`;
}
