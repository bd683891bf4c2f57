// Builds what the page shows. A text becomes a text node or an attribute, never markup: names of
// models and tenants are strangers' texts.

const SVG = 'http://www.w3.org/2000/svg';

/** The element of this id; the page has it. */
export function byId(id) {
  return document.getElementById(id);
}

/** An element; what is null or false among the children is left out. */
export function el(tag, attributes, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

/** The same of SVG. */
export function svg(tag, attributes, ...children) {
  return furnish(document.createElementNS(SVG, tag), attributes, children);
}

/** Says something in a section's line, or nothing. */
export function say(id, text, bad = false) {
  const line = byId(id);
  if (line.textContent !== (text ?? '')) {
    line.textContent = text ?? '';
  }
  line.hidden = !text;
  line.classList.toggle('bad', bad);
}

/** Says in a section's line why there is no answer; what its table had before stays. */
export function sayTrouble(tableId, why) {
  const { parentElement: place, dataset } = byId(tableId);
  say(`${tableId}-message`, place.hidden || !dataset.at ? why : `${why} What stands here is of ${dataset.at}.`, true);
}

/**
 * Puts rows into a table's body, and the focus back to the button with the same key. A table
 * without rows is not shown.
 */
export function fill(tableId, rows) {
  const table = byId(tableId);
  const body = table.tBodies[0];
  const key = body.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  body.replaceChildren(...rows);
  table.dataset.at = new Date().toISOString().slice(11, 19);
  table.parentElement.hidden = rows.length === 0;
  if (key) {
    body.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  }
}

/** A cell; a number stands to the right. */
export function cell(content, className = '') {
  return el('td', { class: className }, content);
}

/** A word with the sign of its level, so that colour is not all that tells. */
export function mark(level, word) {
  const signs = { ok: '✓', watch: '!', bad: '✕' };
  return el(
    'span',
    { class: `mark ${level}` },
    el('span', { class: 'sign', 'aria-hidden': 'true' }, signs[level]),
    ` ${word}`,
  );
}

function furnish(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === 'function') {
      element.addEventListener(name, value);
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}
