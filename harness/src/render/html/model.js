// The report as data: indexed, filtered and counted. Nothing here touches the page.

/** The matrix with what is needed to find things in it quickly; null if there is none. */
function indexed(report) {
  const matrix = report.matrix;
  if (!matrix) return null;
  const glyphs = new Map(matrix.classes.map((c, index) => [c.glyph, index]));
  const findings = new Set(report.grids.flatMap((grid) => grid.findings.map((f) => f.case)));
  const rowOf = new Map(matrix.messages.map((message, index) => [message.name, index]));
  const nodeOf = new Map(matrix.nodes.map((node, index) => [node.name, index]));
  const blocks = matrix.blocks.map((block, index) => ({
    ...block,
    ...contentOf(matrix, block),
    index,
    prefix: ["matrix", block.sender, block.receiver, block.layer].join("/"),
  }));
  const blockAt = new Map(blocks.map((b) => [placeOf(b.sender, b.receiver, b.layer), b]));
  const layers = [...new Set(blocks.map((block) => block.layer))].sort(byLayer);
  const pairAt = new Map(matrix.pairs.map((p) => [placeOf(p.dialer, p.acceptor), p]));
  return { ...matrix, glyphs, findings, blocks, layers, rowOf, nodeOf, blockAt, pairAt };
}

/** The cells of a block, its own or those of the one that it is as. */
function contentOf(matrix, block) {
  const { cells, reasons, unforeseen, weights = {} } = "as" in block ? matrix.blocks[block.as] : block;
  return { cells, reasons, unforeseen, weights };
}

function placeOf(...names) {
  return names.join("\n");
}

/** Versions first, the envelope last. */
function byLayer(one, other) {
  const rank = (layer) => (layer === "envelope" ? 2 : layer.startsWith("rewritten") ? 1 : 0);
  return rank(one) - rank(other) || one.localeCompare(other, "en", { numeric: true });
}

/** Every cell of a message in a block: its sample, class, reason, address. */
function cellsOf(model, block, message) {
  const glyphs = block.cells[message];
  if (glyphs === undefined) return [];
  const { samples } = model.messages[model.rowOf.get(message)];
  const reasons = block.reasons[message] ?? {};
  const unforeseen = block.unforeseen[message] ?? [];
  const cells = [];
  for (let at = 0; at < samples.length; at++) {
    const klass = model.glyphs.get(glyphs[at]);
    if (klass === undefined) continue;
    const sample = samples[at];
    const reason = model.reasons[reasons[sample]] ?? "";
    const allowed = model.allowed[reasons[sample]] ?? [];
    const address = `${block.prefix}/${message}/${sample}`;
    const weight = model.weights?.[block.weights[message]?.[sample]];
    cells.push({ sample, at, klass, reason, allowed, address, weight, isForeseen: !unforeseen.includes(sample) });
  }
  return cells;
}

/** What a filter lets through whatever the class, for every block: cells by message. */
function matching(model, filter) {
  const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
  return model.blocks.map((block) => {
    const found = new Map();
    if (filter.layer && filter.layer !== block.layer) return found;
    for (const message of model.messages) {
      if (!(message.name in block.cells)) continue;
      if (filter.message && filter.message !== message.name) continue;
      const cells = cellsOf(model, block, message.name).filter(
        (cell) => isSaid(words, cell.address, cell.reason));
      if (cells.length) found.set(message.name, cells);
    }
    return found;
  });
}

/** The same with some classes only; all of them if none is named. */
function narrowed(model, found, classes) {
  if (!classes.length) return found;
  const isWanted = (cell) => classes.includes(model.classes[cell.klass].word);
  return found.map((block) => new Map([...block]
    .map(([message, cells]) => [message, cells.filter(isWanted)])
    .filter(([, cells]) => cells.length)));
}

/** Whether every word is in one of the texts. */
function isSaid(words, ...texts) {
  if (!words.length) return true;
  const lower = texts.join("\n").toLowerCase();
  return words.every((word) => lower.includes(word));
}

/** How many cells of each class. */
function counted(model, groups) {
  const counts = new Array(model.classes.length).fill(0);
  for (const cells of groups) for (const cell of cells) counts[cell.klass]++;
  return counts;
}

function sum(counts) {
  return counts.reduce((total, count) => total + count, 0);
}

/** The index of the worst class that there is any of, or -1. */
function worst(counts) {
  return counts.findLastIndex((count) => count > 0);
}

/** The first answer of a pair: with all versions offered, on the first lane. */
function answerOf(pair) {
  return pair.lanes[0] ?? {};
}

function hasViolation(pair) {
  return [...pair.lanes, ...pair.pinned].some((answer) => answer.violation !== undefined);
}

/** The blocks of a pair, there and back; one way only if a node meets itself. */
function blocksOf(model, pair) {
  const ways = [[pair.dialer, pair.acceptor]];
  if (pair.dialer !== pair.acceptor) ways.push([pair.acceptor, pair.dialer]);
  return ways.flatMap(([sender, receiver]) =>
    model.layers.map((layer) => model.blockAt.get(placeOf(sender, receiver, layer))).filter(Boolean),
  );
}

/** Of a pair: the cells at the layer that is looked at, and whether anything is violated anywhere. */
function pairCounts(model, found, pair, layer) {
  const blocks = blocksOf(model, pair);
  const seen = layer || answerOf(pair).version;
  const cells = (chosen) => counted(model, chosen.flatMap((b) => [...found[b.index].values()]));
  // A message may be sent at another version than the connection has, there and back.
  const layerOf = (block, message) => {
    const spoken = !layer && pair.spoken?.[message];
    return spoken ? spoken[block.sender === pair.dialer ? 0 : 1] : seen;
  };
  const here = blocks.flatMap((block) => [...found[block.index]]
    .filter(([message]) => layerOf(block, message) === block.layer).map(([, group]) => group));
  // What nobody sends is counted, and does not make a pair as bad as it.
  const sent = counted(model, here.map((group) => group.filter((cell) => cell.weight?.counts !== false)));
  return { counts: counted(model, here), sent, all: cells(blocks) };
}
