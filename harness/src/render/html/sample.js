// One cell, all of it: what was sent, in which bytes, and what was understood.

/** Longer middles of two texts are shown without marks. */
const DIFF_LINES_MAX = 1200;

let details = null;

/** The values and bytes, inflated when somebody first asks. */
function loadDetails() {
  details ??= inflate("details-data").then((packed) => packed && {
    texts: packed.texts,
    sent: new Map(packed.sent.flatMap((s) =>
      s.values.map(([row, at, value, bytes]) => [placeOf(s.sender, s.layer, row, at), { value, bytes }]))),
    received: packed.received.map((block) =>
      new Map(block.map(([row, at, value]) => [placeOf(row, at), value]))),
  });
  return details;
}

function sampleView(model, block, message, sample) {
  const path = [block.sender, block.receiver, block.layer, message];
  const cells = cellsOf(model, block, message);
  const at = cells.findIndex((cell) => cell.sample === sample);
  const cell = cells[at];
  if (!cell) {
    return [crumbs(path), heading(sample), el("p", {}, `${block.sender} sends no such value.`)];
  }
  const { meaning, word } = model.classes[cell.klass];
  const inside = el("div", { id: "inside" }, el("p", { class: "muted" }, "…"));
  showInside(model, block, message, cell, inside);
  const neighbour = (step, text) =>
    cells[at + step] ? link([...path, cells[at + step].sample], text) : el("span", { class: "muted" }, text);
  return [
    crumbs([...path, sample]),
    heading(`${message} / ${sample}`),
    el("p", { class: "outcome", "data-class": word }, chip(model, cell.klass), " ", el("b", {}, meaning),
      model.findings.has(cell.address) ? el("span", { class: "mark" }, "finding") : knownMark(model, [cell])),
    cell.reason ? el("p", { class: "reason" }, cell.reason) : null,
    cell.allowed.map((why) => el("p", { class: "muted" }, `It may: ${why}.`)),
    el("p", { class: "steps" }, neighbour(-1, "‹ previous"), neighbour(1, "next ›")),
    el("h3", {}, "Repeat"),
    line(`${model.repro} ${cell.address}`),
    inside,
  ];
}

async function showInside(model, block, message, cell, inside) {
  const known = await loadDetails();
  if (!known) {
    inside.replaceChildren(el("p", { class: "muted" }, "This page was written without values and bytes; the line above shows them."));
    return;
  }
  const row = model.rowOf.get(message);
  const sent = known.sent.get(placeOf(model.nodeOf.get(block.sender), block.layer, row, cell.at));
  const other = known.received[block.index].get(placeOf(row, cell.at));
  const isDelivered = ["equal", "lossy"].includes(model.classes[cell.klass].word) || other !== undefined;
  if (!sent) {
    inside.replaceChildren(el("p", { class: "muted" }, "It could not be shown: the node failed while it was looked at."));
    return;
  }
  const value = known.texts[sent.value];
  const isChanged = other !== undefined;
  const [one, two] = isChanged ? marked(value, known.texts[other]) : [value];
  inside.replaceChildren(
    el("div", { class: isChanged ? "beside" : "" },
      el("section", {}, el("h3", {}, `Sent by ${block.sender}`), el("pre", {}, one)),
      isChanged ? el("section", {}, el("h3", {}, `Understood by ${block.receiver}`), el("pre", {}, two)) : ""),
    isChanged || sent.bytes === null ? "" : el("p", { class: "muted" }, isDelivered
      ? `${block.receiver} understood the same.` : `${block.receiver} understood nothing.`),
    el("h3", {}, "Bytes"),
    sent.bytes === null ? el("p", { class: "muted" }, "Not sent.") : el("pre", {}, known.texts[sent.bytes]),
  );
}

/** Two texts as lines, with those marked that are in one of them only. */
function marked(one, other) {
  const [a, b] = [one.split("\n"), other.split("\n")];
  const common = commonLines(a, b);
  const show = (lines, kept, tag) => lines.map((text, at) =>
    kept.has(at) ? `${text}\n` : el(tag, {}, text || " "));
  return common ? [show(a, common[0], "del"), show(b, common[1], "ins")] : [one, other];
}

/** The positions of a longest common sequence in both; null if that would take too long. */
function commonLines(a, b) {
  const kept = [new Set(), new Set()];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) {
    kept[0].add(start); kept[1].add(start++);
  }
  let [i, j] = [a.length, b.length];
  while (i > start && j > start && a[i - 1] === b[j - 1]) { kept[0].add(--i); kept[1].add(--j); }
  const [height, width] = [i - start, j - start];
  if (height > DIFF_LINES_MAX || width > DIFF_LINES_MAX) return null;
  const best = Array.from({ length: height + 1 }, () => new Uint16Array(width + 1));
  for (let y = height - 1; y >= 0; y--) {
    for (let x = width - 1; x >= 0; x--) {
      best[y][x] = a[start + y] === b[start + x]
        ? best[y + 1][x + 1] + 1 : Math.max(best[y + 1][x], best[y][x + 1]);
    }
  }
  for (let y = 0, x = 0; y < height && x < width;) {
    if (a[start + y] === b[start + x]) { kept[0].add(start + y++); kept[1].add(start + x++); }
    else if (best[y + 1][x] >= best[y][x + 1]) y++;
    else x++;
  }
  return kept;
}
