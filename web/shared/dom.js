// Building and changing the page without a library. Text is always set as text, so nothing from outside becomes markup,
// and styles go through the object model, so a strict content security policy holds.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Makes an element: `h("button.main#go", { onclick, "aria-label": "…" }, "Go")`.
 * Properties: `on…` functions become listeners; `class` and `dataset` add; `style` is an object of CSS properties;
 * `true` sets an empty attribute; `false`, `null` and `undefined` set nothing; `value`, `checked` and `disabled` are set as properties.
 * @param {string} kind tag, then any `.class` and `#id`
 * @param {Record<string, any>} [props]
 * @param {...any} children strings, numbers, nodes, arrays; false, null and undefined are left out
 * @returns {any} the element
 */
export function h(kind, props = {}, ...children) {
  const [, tag, rest] = /^([\w-]+)(.*)$/.exec(kind);
  const node = SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [, sign, name] of rest.matchAll(/([.#])([\w-]+)/g)) sign === "." ? node.classList.add(name) : (node.id = name);
  const later = [];
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === false || value == null) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.classList.add(...String(value).split(" ").filter(Boolean));
    else if (name === "dataset") Object.assign(node.dataset, value);
    else if (name === "style") for (const [property, text] of Object.entries(value)) node.style.setProperty(property, text);
    else if (name === "value" || name === "checked" || name === "disabled") later.push([name, value]);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...flat(children));
  for (const [name, value] of later) node[name] = value; // a select takes its value only once it has its options
  return node;
}
const SVG_TAGS = new Set(["svg", "path", "circle", "g", "rect", "line", "polyline"]);
const flat = (children) => children.flat(Infinity).filter((child) => child !== false && child != null);

/** Replaces what is inside a node. */
export const fill = (node, ...children) => (node.replaceChildren(...flat(children)), node);

/** Sets a node's text only when it differs, so that a screen reader is not told the same thing twice. */
export const say = (node, text) => {
  if (node.textContent !== text) node.textContent = text;
};

/** The first node that matches a selector. */
export const $ = (selector, from = document) => from.querySelector(selector);

/** A 24 × 24 line icon from its path data. */
export const icon = (data) => h("svg.icon", { viewBox: "0 0 24 24", "aria-hidden": "true" }, h("path", { d: data }));
