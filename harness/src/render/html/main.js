// The page as a whole: what is looked at stands in the address, and everything is shown from there.

const state = { path: [], shown: [], filter: { classes: [], layer: "", message: "", q: "", patches: false } };
let report, model, ofAnyClass, found, foundFor;

function isFiltering(filter) {
  return filter.classes.length > 0 || Boolean(filter.layer || filter.message || filter.q);
}

/** Takes path and filter from the address. */
function readHash() {
  const [place, query] = location.hash.slice(1).split("?", 2);
  state.path = place ? place.split("/").map(decodeStep) : [];
  const said = new URLSearchParams(query);
  const words = (model?.classes ?? []).map((c) => c.word);
  state.filter = {
    classes: (said.get("class") ?? "").split(",").filter((word) => words.includes(word)),
    layer: said.get("layer") ?? "", message: said.get("message") ?? "", q: said.get("q") ?? "", patches: said.has("patches"),
  };
  const [sender, receiver] = state.path;
  // What comes back on a connection is shown with the pair that it belongs to.
  const isWayBack = state.path.length > 2 && state.shown[0] === receiver && state.shown[1] === sender;
  if (!isWayBack) state.shown = sender ? [sender, receiver] : [];
}

function decodeStep(step) {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

function show() {
  readHash();
  const key = JSON.stringify(state.filter);
  if (key !== foundFor) {
    foundFor = key;
    if (model) {
      ofAnyClass = matching(model, state.filter);
      found = narrowed(model, ofAnyClass, state.filter.classes);
    }
    showRest(report, state.filter);
  }
  showFilters();
  if (model) {
    // Whoever follows a link in the panel stays there, though the link itself is gone.
    const isInside = document.getElementById("panel").contains(document.activeElement);
    showMap(model, found);
    showPanel(model, found);
    if (isInside) document.querySelector("#panel h2")?.focus({ preventScroll: true });
  }
}

/** Goes to a place. With `isFocused` the reader goes there too, not only the eye. */
function go(path, isFocused) {
  const hash = hashOf(path, state.filter);
  if (location.hash === hash) return;
  history.pushState(null, "", hash);
  show();
  if (isFocused) document.querySelector("#panel h2")?.focus();
}

function setFilter(change) {
  const filter = { ...state.filter, ...change };
  history.replaceState(null, "", hashOf(state.path, filter));
  show();
}

function makeFilters() {
  const box = document.getElementById("filters");
  const search = el("input", { type: "search", id: "q", placeholder: "Search  ( / )",
    "aria-label": "Search messages, addresses, reasons", input: () => setFilter({ q: search.value }) });
  box.append(search);
  box.hidden = false;
  if (!model) return;
  const buttons = model.classes.map(({ word, glyph, meaning }) =>
    el("button", { type: "button", class: "toggle", "data-class": word, "aria-pressed": "false", title: meaning,
      click: () => toggle(word) }, el("span", { class: "chip", "data-class": word }, glyph), ` ${word} `,
      el("span", { class: "count", "data-count": word }, number(model.counts[word]))));
  box.append(el("div", { class: "group", role: "group", "aria-label": "Outcomes" }, buttons));
  box.append(chooser("layer", "all layers", model.layers), chooser("message", "all messages", model.messages.map((m) => m.name)));
  box.append(el("span", { id: "matched", class: "muted" }),
    el("button", { type: "button", id: "clear", click: () => setFilter({ classes: [], layer: "", message: "", q: "" }) }, "clear"));
}

function toggle(word) {
  const { classes } = state.filter;
  setFilter({ classes: classes.includes(word) ? classes.filter((c) => c !== word) : [...classes, word] });
}

function chooser(name, all, options) {
  const select = el("select", { id: name, "aria-label": name, change: () => setFilter({ [name]: select.value }) },
    el("option", { value: "" }, all), options.map((option) => el("option", { value: option }, option)));
  return select;
}

function showFilters() {
  const { classes, q } = state.filter;
  const search = document.getElementById("q");
  if (search.value !== q) search.value = q;
  if (!model) return;
  for (const name of ["layer", "message"]) document.getElementById(name).value = state.filter[name];
  const all = (blocks) => counted(model, blocks.flatMap((block) => [...block.values()]));
  const [counts, matches] = [all(ofAnyClass), sum(all(found))];
  model.classes.forEach(({ word }, klass) => {
    const button = document.querySelector(`button[data-class=${word}]`);
    button.setAttribute("aria-pressed", String(classes.includes(word)));
    button.querySelector(".count").textContent = number(counts[klass]);
  });
  const matched = document.getElementById("matched");
  matched.dataset.matched = matches;
  matched.textContent = `${number(matches)} of ${number(model.counts.total)} cells`;
  const isFiltered = isFiltering(state.filter);
  for (const id of ["clear", "matched"]) document.getElementById(id).hidden = !isFiltered;
}

function keys(event) {
  const isTyping = event.target.matches("input, select, textarea");
  if (event.key === "/" && !isTyping) {
    event.preventDefault();
    document.getElementById("q").focus();
  } else if (event.key === "Escape") {
    if (event.target.id === "q") {
      if (state.filter.q) setFilter({ q: "" });
      else event.target.blur();
    } else if (state.path.length) {
      goUp();
    }
  }
}

/** One level up; from a pair back to the map. */
function goUp() {
  const { path, shown } = state;
  if (path.length > 4) go(path.slice(0, 4), true);
  else if (path.length > 2) go(shown, true);
  else {
    go([]);
    document.querySelector(`#map td[data-pair="${CSS.escape(shown.join(" "))}"]`)?.focus();
  }
}

async function start() {
  makeTheme();
  report = await inflate("report-data");
  model = indexed(report);
  document.getElementById("pairs").hidden = !model;
  const verdict = report.ok ? "✓ all that was checked holds" : `✗ ${plural(report.causes.length, "finding")}`;
  document.getElementById("verdict").textContent = verdict;
  readHash();
  showAnswer(report);
  makeFilters();
  show();
  addEventListener("hashchange", show);
  addEventListener("popstate", show);
  addEventListener("keydown", keys);
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
  root.dataset.ready = Math.round(performance.now());
}

start();
