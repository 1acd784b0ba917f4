// Elements. Text goes in as text: whatever it says, it is never markup.

/** An element; attributes that are null or false are left out, functions are listeners. */
function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
  return element;
}

function number(value) {
  return value.toLocaleString("en");
}

function plural(count, word) {
  return `${number(count)} ${word}${count === 1 ? "" : "s"}`;
}

/** A count of one class, with its sign and its meaning. */
function chip(model, klass, count) {
  const { glyph, word, meaning } = model.classes[klass];
  const label = count === undefined ? meaning : `${number(count)} ${meaning}`;
  const text = count === undefined ? glyph : `${glyph} ${number(count)}`;
  return el("span", { class: "chip", "data-class": word, title: label },
    el("span", { "aria-hidden": "true" }, text), el("span", { class: "unseen" }, label));
}

/** Counts of all classes, the empty ones left out. */
function chips(model, counts) {
  return counts.map((count, klass) => (count ? chip(model, klass, count) : null));
}

/** A bar with a part for each class. */
function bar(model, counts) {
  const parts = counts.map((count, klass) =>
    count ? el("i", { "data-class": model.classes[klass].word, style: `flex:${count}` }) : null);
  return el("span", { class: "bar", "aria-hidden": "true" }, parts);
}

/** A table of rows of cells. A cell is text or nodes. */
function table(heads, rows, attributes = {}) {
  return el("div", { class: "scroll", tabindex: "0" },
    el("table", attributes,
      heads.some(Boolean) ? el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))) : null,
      el("tbody", {}, rows.map((row) => el("tr", {}, row.map((cell, at) =>
        at === 0 ? el("th", { scope: "row" }, cell) : el("td", {}, cell)))))));
}

/** A line to paste, with a button that copies it. */
function line(text) {
  const button = el("button", { type: "button", class: "copy", click: () => copy(text, button) }, "copy");
  return el("div", { class: "line" }, el("code", {}, text), button);
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "copied";
  } catch {
    getSelection().selectAllChildren(button.previousSibling);
    button.textContent = "press Ctrl+C";
  }
  setTimeout(() => { button.textContent = "copy"; }, 1500);
}

/** A link to a place on this page. */
function link(path, ...children) {
  return el("a", { href: hashOf(path, state.filter) }, ...children);
}

/** The address of a view: where, and what is filtered. */
function hashOf(path, filter) {
  const query = new URLSearchParams();
  if (filter.classes.length) query.set("class", filter.classes.join(","));
  for (const name of ["layer", "message", "q"]) if (filter[name]) query.set(name, filter[name]);
  if (filter.patches) query.set("patches", "1");
  const place = path.map((step) => encodeURIComponent(step).replaceAll("%2B", "+")).join("/");
  return `#${place}${query.size ? `?${query}` : ""}`;
}
