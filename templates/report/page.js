"use strict";
// Draws the pictures from their specifications, which the page holds as JSON; see `docs/report.md`.

const specs = JSON.parse(document.getElementById("specs").textContent);
const root = document.documentElement;
const night = window.matchMedia("(prefers-color-scheme: dark)");

/** The specification with the values of the style's properties in place of `var(--name)`. */
function coloured(part, style) {
  if (typeof part === "string") {
    const name = /^var\((--[\w-]+)\)$/.exec(part);
    return name ? style.getPropertyValue(name[1]).trim() : part;
  }
  if (Array.isArray(part)) return part.map((one) => coloured(one, style));
  if (part === null || typeof part !== "object") return part;
  return Object.fromEntries(Object.entries(part).map(([key, one]) => [key, coloured(one, style)]));
}

/** What all pictures share: fonts, and colours of axes and text. */
function config(style) {
  const ink = (name) => style.getPropertyValue(name).trim();
  const font = getComputedStyle(document.body).fontFamily;
  return {
    background: null,
    font,
    axis: {
      labelColor: ink("--muted"), titleColor: ink("--muted"), gridColor: ink("--capacity"),
      domainColor: ink("--line"), tickColor: ink("--line"), titleFontWeight: "normal",
      labelFontSize: 12, titleFontSize: 12, labelOverlap: true, tickCount: 5,
    },
    legend: { labelColor: ink("--text"), labelFontSize: 12 },
    view: { stroke: null },
    text: { color: ink("--text"), fontSize: 12.5 },
    bar: { color: ink("--work") },
    point: { color: ink("--work") },
    tick: { color: ink("--muted") },
    rule: { color: ink("--line") },
  };
}

/** Breaks names that are wider than the place into lines, and makes the rows of bars as high. */
function fitted(spec, width) {
  const rows = spec.usermeta?.rows;
  if (!rows) return spec;
  const most = Math.max(12, Math.floor(width / 7.4));
  const places = new Set();
  let lines = 1;
  const labelled = [spec.data, ...spec.layer.map((layer) => layer.data)].filter(Boolean);
  for (const row of labelled.flatMap((data) => data.values)) {
    places.add(row[rows]);
    row.label = row.label.match(new RegExp(`.{1,${most}}(?=[ _]|$)|.{1,${most}}`, "g"));
    lines = Math.max(lines, row.label.length);
  }
  const step = 19 + 15 * lines;
  for (const layer of spec.layer) {
    if (layer.mark.type === "bar") layer.mark.yOffset = step / 2 - 10;
  }
  return { ...spec, height: step * places.size };
}

/** Gives boxes and arrows of the network their places: a layered layout from top to bottom. */
function laidOut(spec) {
  const [boxes, arrows] = spec.data.map((entry) => entry.values);
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 28, ranksep: 34, marginx: 6, marginy: 6 });
  for (const box of boxes) {
    const letters = Math.max(box.title.length * 1.08, box.detail.length);
    graph.setNode(box.id, { width: 24 + 6.9 * letters, height: 42 });
  }
  arrows.forEach((arrow, index) => graph.setEdge(
    arrow.from, arrow.to, { width: 7 * arrow.label.length, height: 14, labelpos: "r" }, `${index}`,
  ));
  dagre.layout(graph);
  for (const box of boxes) {
    const { x, y, width, height } = graph.node(box.id);
    Object.assign(box, { x, y, width, height });
  }
  arrows.forEach((arrow, index) => {
    const { points, x, y, width } = graph.edge(arrow.from, arrow.to, `${index}`);
    const end = points[points.length - 1];
    arrow.path = points.map((p, i) => `${i ? "L" : "M"}${p.x},${p.y}`).join("");
    Object.assign(arrow, { headX: end.x, headY: end.y - 4, labelX: x - width / 2 + 8, labelY: y });
  });
  const size = graph.graph();
  return { ...spec, width: Math.ceil(size.width), height: Math.ceil(size.height) };
}

/** Lets buttons and the keys + - 0 enlarge a picture that is wider than its frame. */
function zooming(frame) {
  const picture = frame.querySelector("svg");
  const [width, height] = picture.getAttribute("viewBox").split(" ").slice(2).map(Number);
  const show = (scale) => {
    frame.dataset.scale = scale;
    picture.style.width = `${width * scale}px`;
    picture.style.height = `${height * scale}px`;
  };
  const whole = () => Math.min(1, (frame.clientWidth - 2) / width);
  const steps = {
    in: () => show(Math.min(4, frame.dataset.scale * 1.25)),
    out: () => show(Math.max(0.1, frame.dataset.scale / 1.25)),
    fit: () => show(whole()),
  };
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.onclick = () => steps[button.dataset.zoom]();
  }
  frame.onkeydown = (event) => {
    const step = { "+": "in", "=": "in", "-": "out", 0: "fit" }[event.key];
    if (step && !event.ctrlKey && !event.metaKey) steps[step]();
  };
  show(Number(frame.dataset.scale) || Math.max(whole(), Math.min(1, 0.75)));
}

async function draw() {
  const chosen = root.dataset.chosen;
  root.dataset.theme = chosen || (night.matches ? "dark" : "light");
  const style = getComputedStyle(root);
  for (const [name, spec] of Object.entries(specs)) {
    const place = document.getElementById(name);
    const drawn = fitted(coloured(structuredClone(spec), style), place.clientWidth);
    const options = { renderer: "svg", actions: false, config: config(style) };
    await vegaEmbed(place, name === "network" ? laidOut(drawn) : drawn, options);
    // Its words are in the table below it; a reader of screens is told once what it shows.
    const picture = place.querySelector("svg");
    for (const part of picture.querySelectorAll("*")) {
      for (const name of ["role", "aria-label", "aria-roledescription"]) part.removeAttribute(name);
    }
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", spec.description);
    if (name === "network") zooming(place);
  }
  root.dataset.drawn = root.dataset.theme;
}

let wide = window.innerWidth;
window.addEventListener("resize", () => {
  if (window.innerWidth !== wide) draw();
  wide = window.innerWidth;
});
document.getElementById("theme").onclick = () => {
  root.dataset.chosen = root.dataset.theme === "dark" ? "light" : "dark";
  draw();
};
night.addEventListener("change", draw);
draw();
