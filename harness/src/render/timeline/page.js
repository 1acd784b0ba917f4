// The timeline: rows over time, a cursor, and what happened around it.

/** Events that are listed before and after the cursor. */
const AROUND = 7;
/** How long playing takes: a virtual second in so many real milliseconds. */
const PLAY_MS = 600;

let data, at = 0, playing = null;
const byId = (id) => document.getElementById(id);
const percent = (ms) => `${(100 * ms) / Math.max(data.end, 1)}%`;
const seconds = (ms) => `${(ms / 1000).toFixed(3)} s`;
const within = (thing) => thing.from <= at && (at < thing.to || (at === data.end && thing.to === data.end));

/** Things that lie between two moments, as a style. */
function between(from, to) {
  return `left:${percent(from)};width:${percent(to - from)}`;
}

function row(kind, label, track, attributes = {}) {
  return el("div", { class: "row", "data-kind": kind, ...attributes },
    el("b", { title: label }, label), el("div", { class: "track" }, track), el("span", { class: "state" }));
}

/** A mark in a track, explained on hover and to who comes by keyboard; Enter goes to where it begins. */
function mark(tag, said, from, attributes, ...children) {
  return el(tag, { ...attributes, title: said, "aria-label": said, tabindex: "0", role: "img",
    keydown: (event) => { if (event.key === "Enter") go(from); } }, ...children);
}

function stepRow() {
  let free = -1;
  const marks = data.spans.map(({ step, from, label }) => {
    const failed = data.failure?.step === step;
    const place = from / Math.max(data.end, 1);
    if (place < free && !failed) return null;
    free = place + 0.035;
    const said = `step ${step}, at ${seconds(from)}: ${label}${failed ? ", where it fails" : ""}`;
    return mark("em", said, from, { class: failed ? "bad" : null, style: `left:${percent(from)}` }, step);
  });
  return row("steps", "step", marks);
}

function nodeRow(name, node, hues) {
  const lives = data.lives.filter((life) => life.node === node).map((life) => {
    const until = life.stopping ?? life.to;
    const crashes = life.crashed && life.stopping === null;
    const said = `${name} runs ${life.release}, generation ${life.generation}, from ${seconds(life.from)} to ${seconds(until)}${crashes ? ", then crashes" : ""}`;
    return [
      mark("i", said, life.from, { class: crashes ? "ending" : null, "data-hue": hues.get(life.release),
        style: between(life.from, until) }, life.release),
      life.stopping === null ? null : mark("i", `${name} stops, from ${seconds(life.stopping)} to ${seconds(life.to)}`, life.stopping,
        { class: "stopping", style: between(life.stopping, life.to) }),
    ];
  });
  const troubles = data.events.filter((event) => event[2] === node && event[4] === 2);
  const marks = troubles.map((event) => mark("u", `${name}, at ${seconds(event[0])}: ${event[5]}, ${event[6]}`, event[0],
    { class: "trouble-mark", style: `left:${percent(event[0])}` }));
  return row("node", name, [lives, marks], { "data-node": node });
}

function linkRow(a, b) {
  const isPair = ({ nodes }) => nodes.includes(a) && nodes.includes(b);
  const names = `${data.nodes[a]} and ${data.nodes[b]}`;
  const links = data.links.filter(isPair).map((link) =>
    mark("i", `${names} speak ${link.version}, from ${seconds(link.from)} to ${seconds(link.to)}`, link.from,
      { "data-version": link.number % 5, style: between(link.from, link.to) }, el("span", {}, link.version)));
  const gaps = data.gaps.filter(isPair).map((gap) =>
    mark("s", `nothing from ${data.nodes[gap.nodes[0]]} arrives at ${data.nodes[gap.nodes[1]]}, from ${seconds(gap.from)} to ${seconds(gap.to)}`,
      gap.from, { style: between(gap.from, gap.to) }));
  return row("link", `${data.nodes[a]} – ${data.nodes[b]}`, [links, gaps], { "data-link": `${a} ${b}` });
}

function makeChart() {
  const hues = new Map([...new Set(data.lives.map((life) => life.release))].map((release, index) => [release, index % 5]));
  const rows = data.nodes.flatMap((name, node) => [
    nodeRow(name, node, hues),
    ...data.nodes.slice(node + 1).map((_, more) => linkRow(node, node + 1 + more)),
  ]);
  byId("chart").append(stepRow(), ...rows, el("div", { class: "needle", id: "needle" }));
  byId("legend").append(...legend(hues));
  const explain = (event) => {
    const said = event.target.closest?.("[aria-label]")?.getAttribute("aria-label");
    if (said && event.target.closest(".track")) byId("explained").textContent = said;
  };
  byId("chart").addEventListener("focusin", explain);
  byId("chart").addEventListener("pointerover", explain);
  const drag = (event) => {
    const track = event.target.closest(".track");
    if (!track || (event.type === "pointermove" && !event.buttons)) return;
    const box = track.getBoundingClientRect();
    go(Math.round((data.end * (event.clientX - box.left)) / box.width));
  };
  byId("chart").addEventListener("pointerdown", drag);
  byId("chart").addEventListener("pointermove", drag);
}

/** Every kind of mark that is in the chart, with what it means. */
function legend(hues) {
  const item = (swatch, text) => el("span", {}, swatch, ` ${text}`);
  const releases = [...hues].map(([release, hue]) => item(el("i", { class: "swatch", "data-hue": hue }), `runs ${release}`));
  const versions = [...new Map(data.links.map((link) => [link.number, link.version]))].sort(([one], [other]) => one - other).map(([value, version]) =>
    item(el("i", { class: "swatch thin", "data-version": value % 5 }), `connected, speaks ${version}`));
  const kinds = [
    [data.lives.some((life) => life.stopping !== null), "swatch stopping", "stops"],
    [data.lives.some((life) => life.crashed && life.stopping === null), "swatch ending", "crashes"],
    [data.gaps.length > 0, "swatch gap", "one direction is blocked"],
    [data.events.some((event) => event[4] === 2), "swatch trouble-mark", "refused, lost, stuck, dead, or crashed"],
  ];
  return [...releases, ...versions,
    ...kinds.filter(([isThere]) => isThere).map(([, name, text]) => item(el("i", { class: name }), text))];
}

function showNodes() {
  for (const element of document.querySelectorAll("[data-node]")) {
    const life = data.lives.findLast((l) => l.node === Number(element.dataset.node) && l.from <= at);
    const isUp = life && within(life);
    const state = !life ? "not there yet" : !isUp ? (life.crashed ? "crashed" : "down")
      : `${life.release} · generation ${life.generation}${life.stopping !== null && life.stopping <= at ? " · stopping" : ""}`;
    element.querySelector(".state").textContent = state;
  }
  for (const element of document.querySelectorAll("[data-link]")) {
    const nodes = element.dataset.link.split(" ").map(Number);
    const isPair = (thing) => nodes.every((node) => thing.nodes.includes(node));
    const link = data.links.findLast((l) => isPair(l) && within(l));
    const gap = data.gaps.findLast((g) => isPair(g) && within(g));
    const blocked = gap ? ` · nothing from ${data.nodes[gap.nodes[0]]} arrives` : "";
    const text = [link ? link.version : "apart", ...said(nodes)].join(" · ") + blocked;
    const state = element.querySelector(".state");
    state.textContent = text;
    state.title = text;
  }
}

/** The messages that two nodes sent each other in the last second. */
function said(nodes) {
  const isBetween = ([ms, , node, peer]) =>
    ms <= at && ms > at - 1000 && peer !== null && nodes.includes(node) && nodes.includes(peer);
  return [...new Set(data.events.filter(isBetween).map((event) => event[6].split(" ")[0]))].sort();
}

function showEvents() {
  const least = byId("routine").checked ? 0 : 1;
  const events = data.events.filter((event) => event[4] >= least);
  const next = events.findIndex((event) => event[0] > at);
  const middle = next < 0 ? events.length : next;
  const shown = events.slice(Math.max(0, middle - AROUND), middle + AROUND);
  byId("events").replaceChildren(...shown.map(([ms, step, node, , weight, kind, text]) =>
    el("li", { class: [ms > at && "later", weight === 2 && "bad", ms === at && "at"].filter(Boolean).join(" "),
      title: `step ${step}`, click: () => go(ms) },
      el("span", {}, (ms / 1000).toFixed(3)), el("b", {}, data.nodes[node] ?? ""), el("span", {}, kind), el("span", {}, text))));
}

function show() {
  const chart = byId("chart").getBoundingClientRect();
  const track = document.querySelector(".track").getBoundingClientRect();
  byId("needle").style.left = `${track.left - chart.left - 1 + (track.width * at) / Math.max(data.end, 1)}px`;
  byId("cursor").value = at;
  byId("now").textContent = seconds(at);
  const span = data.spans.findLast((s) => s.from <= at);
  const failed = data.failure && span?.step === data.failure.step;
  byId("step").className = failed ? "step bad" : "step";
  byId("step").textContent = span ? `step ${span.step}: ${span.label}` : "";
  root.dataset.at = at;
  showNodes();
  showEvents();
}

/** Moves the cursor. The address says where it is, so that a moment can be shared. */
function go(ms) {
  at = Math.min(Math.max(0, ms), data.end);
  history.replaceState(null, "", `#${at}`);
  show();
}

function goStep(by) {
  const now = data.spans.findLastIndex((s) => s.from <= at);
  const isInside = by < 0 && at > (data.spans[now]?.from ?? 0);
  const span = data.spans[Math.min(Math.max(0, isInside ? now : now + by), data.spans.length - 1)];
  if (span) go(span.from);
}

function play() {
  const isOver = at >= data.end;
  if (playing === null && isOver) at = 0;
  if (playing !== null) cancelAnimationFrame(playing);
  playing = playing === null ? requestAnimationFrame(tick) : null;
  byId("play").textContent = playing === null ? "play" : "pause";
}

let last = null;
function tick(now) {
  if (playing === null) return;
  const passed = last === null ? 0 : now - last;
  last = now;
  at = Math.min(data.end, at + Math.round((passed * 1000) / PLAY_MS));
  show();
  if (at >= data.end) {
    last = null;
    play();
  } else {
    playing = requestAnimationFrame(tick);
  }
}

function keys(event) {
  const typing = event.target.matches("button, input[type=checkbox]");
  const moves = { ArrowLeft: -100, ArrowRight: 100 };
  if (event.key === " " && !typing) play();
  else if (event.key === "n") goStep(1);
  else if (event.key === "p") goStep(-1);
  else if (event.key in moves) go(at + moves[event.key] / (event.shiftKey ? 100 : 1));
  else if (event.key === "Home") go(0);
  else if (event.key === "End") go(data.end);
  else return;
  event.preventDefault();
}

function showFailure() {
  const { failure } = data;
  const words = { ok: "✓ goes well, in what is simulated", known: "! goes through, with known faults", findings: "✗ violated" };
  byId("verdict").textContent = words[document.documentElement.dataset.verdict];
  if (!failure) return;
  byId("failure").append(el("div", { class: "failure" },
    el("b", { class: "bad" }, `step ${failure.step}: ${failure.label}`),
    failure.seen.map((seen) => el("p", { class: "reason" }, seen)),
    el("p", { class: "muted" }, `before: ${failure.before}`), el("p", { class: "muted" }, `after: ${failure.after}`)));
}

async function start() {
  makeTheme();
  data = await inflate("timeline-data");
  byId("plan").append(line(data.plan));
  showFailure();
  makeChart();
  byId("cursor").max = data.end;
  byId("cursor").addEventListener("input", (event) => go(Number(event.target.value)));
  byId("routine").addEventListener("change", show);
  byId("play").addEventListener("click", play);
  byId("back").addEventListener("click", () => goStep(-1));
  byId("forth").addEventListener("click", () => goStep(1));
  addEventListener("keydown", keys);
  addEventListener("resize", show);
  addEventListener("hashchange", () => go(Number(location.hash.slice(1)) || 0));
  const failed = data.spans.find((span) => span.step === data.failure?.step);
  go(location.hash ? Number(location.hash.slice(1)) || 0 : (failed?.from ?? 0));
  root.dataset.ready = Math.round(performance.now());
}

start();
