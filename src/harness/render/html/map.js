// The heat map: who dials, who accepts, and the worst that comes of it.

function showMap(model, found) {
  const nodesThat = (role) => model.nodes.map((node) => node.name)
    .filter((name) => model.pairs.some((pair) => pair[role] === name));
  const names = nodesThat("dialer");
  const columns = nodesThat("acceptor");
  const [dialer, acceptor] = state.shown;
  const head = el("tr", {}, el("td", { class: "corner" }, "dials ↓  accepts →"),
    columns.map((name) => el("th", { scope: "col" }, name)));
  const rows = names.map((row) => el("tr", {}, el("th", { scope: "row" }, row),
    columns.map((column) => {
      const pair = model.pairAt.get(placeOf(row, column));
      return pair ? mapCell(model, found, pair, row === dialer && column === acceptor) : el("td");
    })));
  const grid = el("table", { role: "grid", "aria-label": "Pairs: the row dials, the column accepts",
    keydown: steer }, el("thead", {}, head), el("tbody", {}, rows));
  const focused = document.activeElement?.closest?.("#map td")?.dataset.pair;
  document.getElementById("map").replaceChildren(grid, legend(model));
  const cells = [...grid.querySelectorAll("td[data-pair]")];
  const reachable = cells.find((cell) => cell.matches("[aria-selected=true]")) ?? cells[0];
  reachable?.setAttribute("tabindex", "0");
  if (focused) cells.find((cell) => cell.dataset.pair === focused)?.focus();
}

function mapCell(model, found, pair, isShown) {
  const { counts, all } = pairCounts(model, found, pair, state.filter.layer);
  const { version } = answerOf(pair);
  const isFiltered = isFiltering(state.filter);
  const last = model.classes.length - 1;
  const isViolated = all[last] > 0 || (!isFiltered && hasViolation(pair));
  const klass = isViolated ? last : worst(counts);
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
  const rows = [...cell.closest("tbody").rows];
  const clamp = (at, length) => Math.max(0, Math.min(length - 1, at));
  const row = rows[clamp(rows.indexOf(cell.parentNode) + step[0], rows.length)];
  const at = clamp(cell.cellIndex - 1 + step[1], row.cells.length - 1);
  const next = row.cells[at + 1];
  cell.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
}

function legend(model) {
  return el("p", { class: "legend" },
    model.classes.map((c, klass) => el("span", {}, chip(model, klass), " ", c.meaning)),
    el("span", {}, el("span", { class: "chip", "data-class": "apart" }, "–"), " no common version"),
    el("span", { class: "muted" }, "A pair shows the version it agrees on, and the worst that happens there, both ways; a violation shows wherever it happens."));
}
