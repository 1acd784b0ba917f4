// Everything else in the report: findings, tables, grids, what was skipped, notes.

/** More rows than this are folded away until somebody opens the table. */
const ROWS_OPEN_MAX = 30;

function showRest(report, filter) {
  const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
  const sections = [
    findingsSection(report, words),
    ...report.tables.map((t) => tableSection(t, words)),
    ...report.grids.map(gridSection),
    skipsSection(report),
    report.notes.length
      ? section("Notes", null, el("ul", {}, report.notes.map((note) => el("li", {}, note)))) : null,
  ].filter(Boolean);
  document.getElementById("rest").replaceChildren(...sections);
  document.getElementById("sections").replaceChildren(...sectionLinks(report));
}

function section(title, count, ...content) {
  const head = el("h2", { tabindex: "-1" }, title,
    count === null ? null : el("span", { class: "muted" }, ` ${count}`));
  return el("section", { class: "card" }, head, ...content);
}

function folded(title, count, isOpen, ...content) {
  return el("section", { class: "card" }, el("details", { open: isOpen },
    el("summary", {}, el("h2", {}, title, el("span", { class: "muted" }, ` ${count}`))), ...content));
}

function sectionLinks(report) {
  const kinds = [["pairs", report.matrix ? "Pairs" : null],
    ["findings", "Findings"], ["tables", report.tables.length ? "Tables" : null],
    ["grids", report.grids.length ? "Checks" : null]];
  return kinds.filter(([, title]) => title).map(([kind, title]) =>
    el("button", { type: "button", click: () => {
      const target = document.querySelector(kind === "pairs" ? "#pairs" : `[data-kind=${kind}]`);
      target?.scrollIntoView({ block: "start" });
      target?.querySelector("h2, summary, td[tabindex='0']")?.focus({ preventScroll: true });
    } }, title));
}

function kind(name, element) {
  element.dataset.kind = name;
  return element;
}

function findingsSection(report, words) {
  const findings = report.grids.flatMap((grid) => grid.findings);
  const { causes } = report;
  const isMeant = (f) => isSaid(words, ...Object.values(f).filter(Boolean));
  const found = (cause) => cause.findings.map((at) => findings[at]).filter(isMeant);
  const shown = causes.map((cause) => ({ sentence: cause.sentence, found: found(cause) }))
    .filter(({ found }) => found.length);
  const count = shown.length === causes.length ? number(causes.length) : `${shown.length} of ${causes.length}`;
  const body = shown.length ? shown.map(causeItem)
    : [el("p", { class: "muted" }, findings.length ? "None matches the search." : "Everything that was checked holds.")];
  return kind("findings", section("Findings", count, ...body));
}

/** A cause by its decisive finding; the others are folded away. */
function causeItem({ sentence, found: [decisive, ...others] }) {
  if (!others.length) return findingItem(decisive);
  return el("article", { class: "cause" }, el("p", { class: "sentence" }, sentence), findingItem(decisive),
    el("details", {}, el("summary", {}, `the same cause shows in ${plural(others.length, "other case")}`), others.slice(0, ROWS_OPEN_MAX).map(findingItem),
      others.length > ROWS_OPEN_MAX ? el("p", { class: "muted" }, `… and ${number(others.length - ROWS_OPEN_MAX)} more; the JSON document has them.`) : null));
}

function findingItem(finding) {
  const rows = [["must hold", finding.requirement], ["expected", el("code", {}, finding.expected)],
    ["actual", el("code", {}, finding.actual)], ["at", finding.place && el("code", {}, finding.place)],
    ["repeat", finding.repro && line(finding.repro)]];
  const path = finding.case.split("/").slice(1);
  const isCell = finding.case.startsWith("matrix/") && path.length === 5;
  return el("article", { class: "finding" },
    el("h3", {}, isCell ? link(path, finding.case) : finding.case),
    el("dl", {}, rows.filter(([, value]) => value).map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])));
}

function tableSection({ name, columns, rows }, words) {
  const shown = rows.filter((row) => isSaid(words, ...row));
  const isAll = shown.length === rows.length;
  const count = isAll ? plural(rows.length, "row") : `${shown.length} of ${plural(rows.length, "row")}`;
  const isOpen = shown.length > 0 && (rows.length <= ROWS_OPEN_MAX || !isAll);
  return kind("tables", folded(name, count, isOpen, table(columns, shown)));
}

function gridSection({ name, tally, rows, columns, cells }) {
  const at = new Map(cells.map((cell) => [placeOf(cell.row, cell.column), cell.tally]));
  const body = rows.map((row) => [row, ...columns.map((column) => tallyCell(at.get(placeOf(row, column))))]);
  const parts = ["passed", "failed", "skipped"].filter((p) => tally[p]).map((p) => `${number(tally[p])} ${p}`);
  const isOpen = rows.length <= ROWS_OPEN_MAX || tally.failed > 0;
  const box = folded(name, parts.join(", ") || "nothing checked", isOpen, table(["", ...columns], body, { class: "numbers" }));
  box.dataset.tally = tally.failed ? "failed" : tally.passed ? "passed" : "skipped";
  return kind("grids", box);
}

/** Passed; `f✗/n` if some failed; `~s` behind it if some were skipped. */
function tallyCell(tally) {
  if (!tally) return el("span", { class: "muted" }, "·");
  const { passed, failed, skipped } = tally;
  const main = failed ? el("b", { class: "bad" }, `${number(failed)}✗/${number(passed + failed)}`)
    : passed ? number(passed) : "";
  return [main, skipped ? el("span", { class: "muted" }, ` ~${number(skipped)}`) : null];
}

function skipsSection(report) {
  const counts = new Map();
  for (const { reason, cases } of report.grids.flatMap((grid) => grid.skips)) {
    counts.set(reason, (counts.get(reason) ?? 0) + cases.length);
  }
  if (!counts.size) return null;
  return section("Skipped", null, table(["reason", "cases"], [...counts].map(([reason, n]) => [reason, number(n)])));
}
