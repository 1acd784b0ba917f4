// Beside the map: a list of cells, one pair, or the samples of one message.

/** More groups than this are counted, not shown. */
const GROUPS_MAX = 200;

function showPanel(model, found) {
  const [sender, receiver, layer, message, sample] = state.path;
  const panel = document.getElementById("panel");
  const pair = model.pairAt.get(placeOf(...state.shown));
  const block = model.blockAt.get(placeOf(sender, receiver, layer));
  let content;
  if (!sender) content = listView(model, found);
  else if (!pair && !block) content = [crumbs([]), el("p", {}, `There is nothing at ${state.path.join("/")}.`)];
  else if (!layer) content = pairView(model, found, pair);
  else if (!block) content = [crumbs(state.path), el("p", {}, `${sender} and ${receiver} do not share ${layer}.`)];
  else if (!message) content = pairView(model, found, pair, layer);
  else if (!sample) content = messageView(model, found, block, message);
  else content = sampleView(model, block, message, sample);
  panel.replaceChildren(...content.flat(Infinity).filter(Boolean));
}

/** Where this is; every step leads back to it. */
function crumbs(path) {
  const [sender, receiver, ...rest] = path;
  const steps = [link([], "all pairs")];
  if (sender) steps.push(link([sender, receiver], `${sender} → ${receiver}`));
  rest.forEach((step, at) => {
    steps.push(link(path.slice(0, at + 3), step));
  });
  return el("nav", { class: "crumbs", "aria-label": "Where this is" },
    steps.flatMap((step, at) => (at ? [el("span", { class: "muted" }, "›"), step] : [step])));
}

function heading(...children) {
  return el("h2", { tabindex: "-1" }, ...children);
}

/** What the filter lets through; without a filter, what did not arrive as it should. */
function listView(model, found) {
  const isFiltered = isFiltering(state.filter);
  const groups = new Map();
  for (const block of model.blocks) {
    for (const [message, cells] of found[block.index]) {
      for (const cell of cells) {
        if (!isFiltered && cell.isForeseen) continue;
        const key = placeOf(block.sender, block.layer, message, cell.klass, cell.reason);
        const group = groups.get(key) ?? { block, message, ...cell, cells: [], receivers: new Map() };
        group.cells.push(cell);
        group.receivers.set(block.receiver, [...(group.receivers.get(block.receiver) ?? []), cell]);
        groups.set(key, group);
      }
    }
  }
  const shown = [...groups.values()].sort((a, b) => b.klass - a.klass).slice(0, GROUPS_MAX);
  const hidden = groups.size - shown.length;
  const title = isFiltered ? "What the filter finds" : "What should not happen";
  const none = isFiltered ? "Nothing matches the filter." : "Every cell is as it should be.";
  return [
    heading(title),
    isFiltered ? null : el("p", { class: "muted" }, "Choose a pair in the map to look inside."),
    shown.length
      ? table(["", "message", "at", "from → to", "values", "what happens"], shown.map((group) => groupRow(model, group)))
      : el("p", {}, none),
    hidden > 0 ? el("p", { class: "muted" }, `… and ${number(hidden)} more; narrow the filter to see them.`) : null,
  ];
}

function groupRow(model, { block, message, klass, reason, cells, receivers }) {
  const links = [...receivers].map(([receiver, there]) => {
    const path = [block.sender, receiver, block.layer, message];
    const place = there.length === 1 ? [...path, there[0].sample] : path;
    return [el("span", { class: "nowrap" }, link(place, receiver)), " "];
  });
  return [
    chip(model, klass),
    message,
    block.layer,
    [`${block.sender} → `, links],
    number(cells.length),
    [el("span", { class: "reason" }, reason), knownMark(model, cells), weightMark(cells[0])],
  ];
}

/** Says that something bad is expected: it is not among the findings of the report. */
function knownMark(model, cells) {
  const isKnown = cells.every((cell) => !cell.isForeseen && !model.findings.has(cell.address));
  return isKnown ? el("span", { class: "mark", title: "on a list of what is known to happen: not a finding of this report" }, "expected") : null;
}

/** Says whether anybody sends it and how bad that is for users. */
function weightMark({ weight }) {
  if (!weight) return null;
  const { id, sent, severity, counts } = weight;
  const words = counts ? `sent: ${sent}; severity: ${severity}` : `sent: ${sent}`;
  return el("span", { class: "mark", title: `row ${id} of expected/skew.json: skewproof list skew ${id}` }, words);
}

function answerText(answer) {
  if (answer.version) return `${answer.version}, seen as ${answer.seen_as}`;
  return answer.violation ?? answer.refused;
}

function pairView(model, found, pair, layer) {
  const { dialer, acceptor } = pair;
  const answer = answerOf(pair);
  const blocks = blocksOf(model, pair).filter((block) => !layer || block.layer === layer);
  const [envelope, payloads] = [true, false].map((is) =>
    messageTable(model, found, blocks.filter((block) => (block.layer === "envelope") === is)));
  return [
    crumbs([dialer, acceptor, ...(layer ? [layer] : [])]),
    heading(`${dialer} dials ${acceptor}`),
    answer.version
      ? el("p", {}, "They agree on ", el("b", {}, answer.version), ".")
      : el("p", {}, "No connection: ", el("q", {}, answerText(answer) ?? "not tried")),
    dialer === acceptor ? null : el("p", {}, link([acceptor, dialer], `${acceptor} dials ${dialer}`), " is the other way round."),
    el("details", { open: !answer.version }, el("summary", {}, "Handshakes, lane by lane and version by version"),
      table(["offer", "what comes of it"], [
        ...pair.lanes.map((a) => [`all versions, for ${a.lane}`, answerText(a)]),
        ...pair.pinned.map((a) => [`only ${a.offered}`, answerText(a)]),
      ])),
    payloads ? [el("h3", {}, "Messages"), payloads] : null,
    envelope ? [el("h3", {}, "Envelope"), envelope] : null,
    payloads || envelope ? null
      : el("p", {}, isFiltering(state.filter) ? "Nothing matches the filter." : "They share no layer."),
  ];
}

/** Message by message, how the values came out in each block; null if there is nothing to show. */
function messageTable(model, found, blocks) {
  const columns = blocks.map((block) => `${block.sender} → ${block.receiver}, ${block.layer}`);
  const rows = model.messages
    .filter((message) => blocks.some((block) => found[block.index].has(message.name)))
    .map((message) => [message.name, ...blocks.map((block) => {
      const cells = found[block.index].get(message.name);
      if (!cells) return el("span", { class: "muted" }, "·");
      const path = [block.sender, block.receiver, block.layer, message.name];
      return link(path, chips(model, counted(model, [cells])));
    })]);
  return rows.length ? table(["message", ...columns], rows, { class: "messages" }) : null;
}

function messageView(model, found, block, message) {
  const cells = found[block.index].get(message) ?? [];
  const all = cellsOf(model, block, message);
  const row = model.messages[model.rowOf.get(message)];
  const path = [block.sender, block.receiver, block.layer, message];
  return [
    crumbs(path),
    heading(message),
    el("p", { class: "muted" }, `What ${block.sender} sends ${block.receiver} at ${block.layer}`,
      row ? `, on the lane ${row.lanes[model.nodeOf.get(block.sender)]}.` : "."),
    all.length === 0 ? el("p", {}, row ? `${block.sender} cannot hold any value of it.` : "There is no such message here.") : null,
    all.length > cells.length ? el("p", { class: "muted" }, `${all.length - cells.length} hidden by the filter.`) : null,
    cells.length ? table(["sample", "", "what happens"], cells.map((cell) => [
      link([...path, cell.sample], cell.sample),
      chip(model, cell.klass),
      [el("span", { class: "reason" }, cell.reason || model.classes[cell.klass].meaning), knownMark(model, [cell]), weightMark(cell)],
    ])) : null,
  ];
}
