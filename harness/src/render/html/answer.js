// The first view: what a person wants to know before anything else.

/** The colour of each kind of verdict; the words stand beside it. */
const KINDS = { safe: "equal", limits: "lossy", breaks: "violation", apart: "apart" };

function showAnswer(report) {
  const verdicts = report.verdicts ?? [];
  const box = document.getElementById("answer");
  box.hidden = !verdicts.length;
  if (box.hidden) return;
  box.append(
    el("h2", {}, "From one release line to the next"),
    el("ul", { class: "verdicts" }, verdicts.map(verdictItem)),
    el("p", { class: "proved" }, proved(report)),
    el("h3", {}, "Next"),
    el("div", { class: "next" }, nextLines(report, verdicts).map(line)));
}

function verdictItem({ older, newer, kind, word, reasons }) {
  const [first, ...more] = reasons;
  const isPaired = model?.pairAt.has(placeOf(newer, older));
  const name = `${older} → ${newer}`;
  return el("li", {},
    el("b", {}, isPaired ? link([newer, older], name) : name),
    el("span", { class: "word", "data-class": KINDS[kind] ?? "nothing" }, word),
    el("span", { class: "why" }, first ?? "",
      more.length ? el("details", {}, el("summary", {}, `${number(more.length)} more`),
        el("ul", {}, more.map((reason) => el("li", {}, reason)))) : null));
}

/** What was proved, in one unit: requirements, each with its cases. */
function proved({ requirements, tally, causes }) {
  const rows = requirements?.rows ?? [];
  const findings = causes?.length ?? tally.failed;
  const cases = `${number(tally.passed + tally.failed)} cases checked, ${plural(findings, "finding")}, ${number(tally.skipped)} skipped`;
  if (!rows.length) return cases;
  const count = (word) => rows.filter((row) => row.standing === word).length;
  const parts = [["passed", "hold"], ["failed", "do not"], ["untested", "untested"], ["excluded", "excluded, each with its reason"]]
    .map(([word, said]) => [count(word), said]).filter(([n]) => n).map(([n, said]) => `${number(n)} ${said}`);
  return `${plural(rows.length, "requirement")}: ${parts.join(", ")}; ${cases}`;
}

/** Lines to paste: what is worst first. */
function nextLines(report, verdicts) {
  const findings = report.grids.flatMap((grid) => grid.findings);
  const worst = findings[report.causes[0]?.findings[0]];
  const worstPair = ["breaks", "apart", "limits"].map((kind) => verdicts.find((v) => v.kind === kind)).find(Boolean);
  return [worst?.repro, worstPair?.repro, verdicts.at(-1)?.repro].filter((text, index, all) => text && all.indexOf(text) === index);
}
