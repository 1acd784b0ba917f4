// The heat map: who dials, who accepts, and the worst that comes of it. Patches that stand beside
// their line are shown when somebody asks for them, or looks at one.

/** Whether a node is a patch of a line that has a node of its own. */
function isPatch(names, name) {
  return names.some((line) => name.startsWith(`${line}.`) && !name.includes("-"));
}

function showMap(model, found) {
  const nodesThat = (role) => model.nodes.map((node) => node.name)
    .filter((name) => model.pairs.some((pair) => pair[role] === name));
  const names = nodesThat("dialer");
  const columns = nodesThat("acceptor");
  const [dialer, acceptor] = state.shown;
  const all = model.nodes.map((node) => node.name);
  const patch = (name) => (isPatch(all, name) ? "patch" : null);
  const isWide = state.filter.patches || state.shown.some((name) => isPatch(all, name));
  document.getElementById("pairs").classList.toggle("wide", isWide);
  const head = el("tr", {}, el("td", { class: "corner" }, "dials ↓  accepts →"),
    columns.map((name) => el("th", { scope: "col", class: patch(name) }, name)));
  const rows = names.map((row) => el("tr", { class: patch(row) }, el("th", { scope: "row" }, row),
    columns.map((column) => {
      const pair = model.pairAt.get(placeOf(row, column));
      const cell = pair ? mapCell(model, found, pair, row === dialer && column === acceptor) : el("td");
      cell.classList.toggle("patch", isPatch(all, column));
      return cell;
    })));
  const grid = el("table", { role: "grid", "aria-label": "Pairs: the row dials, the column accepts",
    keydown: steer }, el("thead", {}, head), el("tbody", {}, rows));
  const focused = document.activeElement?.closest?.("#map td")?.dataset.pair;
  const patches = el("input", { type: "checkbox", id: "patches", change: () => setFilter({ patches: patches.checked }) });
  patches.checked = isWide;
  const choice = all.some((name) => isPatch(all, name)) ? el("label", { class: "choice" }, patches, " every patch") : "";
  document.getElementById("map").replaceChildren(el("div", { class: "scrolled" }, grid), choice, legend(model));
  const cells = [...grid.querySelectorAll("td[data-pair]")].filter((cell) => isWide || !cell.closest(".patch"));
  const reachable = cells.find((cell) => cell.matches("[aria-selected=true]")) ?? cells[0];
  reachable?.setAttribute("tabindex", "0");
  if (focused) cells.find((cell) => cell.dataset.pair === focused)?.focus();
}

function mapCell(model, found, pair, isShown) {
  const { counts, sent, all } = pairCounts(model, found, pair, state.filter.layer);
  const { version } = answerOf(pair);
  const isFiltered = isFiltering(state.filter);
  const last = model.classes.length - 1;
  const isViolated = all[last] > 0 || (!isFiltered && hasViolation(pair));
  const klass = isViolated ? last : worst(isFiltered ? counts : sent);
  const shown = isViolated ? all[last] || 1 : counts[klass];
  const word = klass >= 0 ? model.classes[klass].word : version ? "nothing" : "apart";
  const sign = klass >= 0 ? `${model.classes[klass].glyph} ${number(shown)}` : " ";
  const said = counts.map((n, k) => (n ? `${n} ${model.classes[k].meaning}` : "")).filter(Boolean);
  if (isViolated && !counts[last]) said.push(`${shown} ${model.classes[last].meaning} elsewhere`);
  const label = `${pair.dialer} dials ${pair.acceptor}: ${version ?? "no connection"}` +
    (said.length ? `; ${said.join(", ")}` : "");
  return el("td", {
    role: "gridcell", tabindex: "-1", "data-class": word, "data-pair": `${pair.dialer} ${pair.acceptor}`,
    "aria-selected": String(isShown), "aria-label": label, title: label,
    click: () => go([pair.dialer, pair.acceptor]),
    keydown: (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        go([pair.dialer, pair.acceptor], true);
      }
    },
  }, el("b", {}, version ?? "–"), el("span", {}, sign), bar(model, counts));
}

/** Arrow keys, Home and End walk through the map. */
function steer(event) {
  const cell = event.target.closest("td[data-pair]");
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
    Home: [0, -99], End: [0, 99] }[event.key];
  if (!cell || !step) return;
  event.preventDefault();
  const isShown = (element) => element.offsetParent !== null;
  const rows = [...cell.closest("tbody").rows].filter(isShown);
  const clamp = (at, length) => Math.max(0, Math.min(length - 1, at));
  const row = rows[clamp(rows.indexOf(cell.parentNode) + step[0], rows.length)];
  const shown = (line) => [...line.querySelectorAll("td[data-pair]")].filter(isShown);
  const cells = shown(row);
  const next = cells[clamp(shown(cell.parentNode).indexOf(cell) + step[1], cells.length)];
  cell.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
}

function legend(model) {
  return el("p", { class: "legend" },
    model.classes.map((c, klass) => el("span", {}, chip(model, klass), " ", c.meaning)),
    el("span", {}, el("span", { class: "chip", "data-class": "apart" }, "–"), " no common version"),
    el("span", { class: "muted" }, "A pair shows the version it agrees on, and the worst that can happen there, both ways, without what no release sends; a violation shows wherever it happens."));
}
