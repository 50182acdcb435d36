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
  return {
    background: null,
    font: face(),
    axis: {
      labelColor: ink("--muted"), titleColor: ink("--muted"), gridColor: ink("--capacity"),
      domainColor: ink("--line"), tickColor: ink("--line"), titleFontWeight: "normal",
      labelFont: face(), titleFont: face(), gridOpacity: 0.6,
      labelFontSize: 12, titleFontSize: 12, labelOverlap: true, tickCount: 5,
    },
    legend: { labelColor: ink("--text"), labelFontSize: 12 },
    view: { stroke: null },
    text: { color: ink("--text"), fill: ink("--text"), font: face(), fontSize: LETTERS },
    bar: { color: ink("--work") },
    rule: { color: ink("--line") },
  };
}

const LETTERS = 12.5;
const pen = document.createElement("canvas").getContext("2d");

function face() {
  return getComputedStyle(document.body).fontFamily;
}

/** Pixels that a text takes. */
function widthOf(text, size = LETTERS, weight = "normal") {
  pen.font = `${weight} ${size}px ${face()}`;
  return pen.measureText(text).width;
}

/** The pieces of a name: it may go on in the next line after each of _ . / : - and spaces. */
function pieces(name) {
  return name.match(/[^_./: -]*(?:[_./: ]+|-(?![0-9])|-|$)/g).filter(Boolean);
}

/** A text in lines of a width; inside a word only where a single word is wider than a line. */
function lines(text, width, size = LETTERS) {
  const found = [""];
  const put = (piece) => {
    const last = found.length - 1;
    if (widthOf((found[last] + piece).trimEnd(), size) <= width) found[last] += piece;
    else if (widthOf(piece.trimEnd(), size) <= width) found.push(piece);
    else if (piece.length === 1) found.push(piece);
    else {
      const words = piece.match(/[A-Z]?[^A-Z]+|[A-Z]/g);
      (words.length > 1 ? words : Array.from(piece)).forEach(put);
    }
  };
  pieces(text).forEach(put);
  return found.map((line) => line.trimEnd()).filter(Boolean);
}

/** Puts names and figures into as many lines as they need, and makes the rows of bars as high. */
function fitted(spec, width) {
  const rows = spec.usermeta?.rows;
  if (!rows) return { ...spec, width: width - (spec.padding.left ?? 0) - (spec.padding.right ?? 0) };
  const room = width - 14;
  const places = new Set();
  const labelled = [spec.data, ...spec.layer.map((layer) => layer.data)].filter(Boolean)
    .flatMap((data) => data.values);
  const together = ({ label, figures }) => widthOf(label) + 16 + widthOf(figures ?? "") <= room;
  const short = labelled.filter((row) => row.label).every(together);
  let most = 1;
  for (const row of labelled) {
    places.add(row[rows]);
    if (!row.label) continue;
    row.label = lines(row.label, room);
    if (!short) row.label.push(...lines(row.figures, room));
    if (!short) row.figures = "";
    most = Math.max(most, row.label.length);
  }
  // Names stand right above their bars, however many lines others have.
  for (const row of labelled) {
    while (row.label && row.label.length < most) row.label.unshift("");
  }
  const step = 21 + 15 * most;
  for (const layer of spec.layer) {
    if (layer.mark.type === "bar") layer.mark.yOffset = step / 2 - 12;
  }
  return { ...spec, width, height: step * places.size };
}

/** The name of an area in lines and its figures; null if they do not fit. */
function nameInside(name, figures, width, height) {
  const room = width - 12;
  const words = [...lines(name, room, 12), figures];
  const whole = [...pieces(name), figures].every((piece) => widthOf(piece.trimEnd(), 12) <= room);
  return whole && 15 * words.length + 8 <= height ? words : null;
}

/** Names that the picture just drawn shows in full. */
const named = new Set();

const ofArea = (lut) => `${lut.toLocaleString("en")} LUT`;

/** Functions for specifications: whether an area has room for its name, and what stands in it. */
const inside = {
  areaNamed: (name, lut, ...size) => nameInside(name, ofArea(lut), ...size) !== null,
  areaWords: (name, number, lut, ...size) => {
    const words = nameInside(name, ofArea(lut), ...size);
    if (words) named.add(name);
    return words ?? `${number}`;
  },
};

/** Hides the entries of a picture's key whose marks carry their names, and their numbers. */
function keyed(place) {
  const key = document.getElementById(`key-${place.id}`);
  if (!key) return;
  for (const text of place.querySelectorAll("g.names text")) {
    if (getComputedStyle(text).opacity !== "0") named.add(text.textContent);
  }
  const numbers = Array.from(place.querySelectorAll("g.numbers text"));
  Array.from(key.children).forEach((entry, index) => {
    entry.hidden = named.has(entry.dataset.name);
    if (entry.hidden) numbers[index]?.remove();
  });
  key.hidden = Array.from(key.children).every((entry) => entry.hidden);
}

/** Gives boxes and arrows of the network their places: a layered layout from top to bottom. */
function laidOut(spec) {
  const [boxes, arrows] = spec.data.map((entry) => entry.values);
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 28, ranksep: 34, marginx: 6, marginy: 6 });
  for (const box of boxes) {
    const letters = Math.max(widthOf(box.title, 12, "bold"), widthOf(box.detail, 12));
    graph.setNode(box.id, { width: 24 + letters, height: 44 });
  }
  arrows.forEach((arrow, index) => graph.setEdge(
    arrow.from, arrow.to, { width: 12 + widthOf(arrow.label, 11), height: 14, labelpos: "r" },
    `${index}`,
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

/** Scrolls a picture to a box. */
function bringForth(frame, box) {
  if (!box) return;
  const { scale } = frame.dataset;
  frame.scrollTo(box.x * scale - frame.clientWidth / 2, box.y * scale - frame.clientHeight / 2);
}

const views = new Map();

/** Draws one picture in place of the one before. */
async function drawn(place, spec, style) {
  const options = {
    renderer: "svg", actions: false, config: config(style), expressionFunctions: inside,
  };
  const made = fitted(coloured(structuredClone(spec), style), place.clientWidth);
  views.get(place)?.finalize();
  named.clear();
  views.set(place, await vegaEmbed(place, place.id === "network" ? laidOut(made) : made, options));
  // Its words are in the table below it; a reader of screens is told once what it shows.
  const picture = place.querySelector("svg");
  for (const part of picture.querySelectorAll("*")) {
    for (const name of ["role", "aria-label", "aria-roledescription"]) part.removeAttribute(name);
  }
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", spec.description);
  if (place.id === "network") {
    zooming(place);
    bringForth(place, made.data[0].values.find((box) => box.wrong));
  }
  keyed(place);
}

let wanted = 0;

/** Draws all pictures as theme and width want them now; a later call ends an earlier one. */
async function draw(last = false) {
  const own = ++wanted, width = root.clientWidth;
  const chosen = root.dataset.chosen;
  root.dataset.theme = chosen || (night.matches ? "dark" : "light");
  const style = getComputedStyle(root);
  for (const [name, spec] of Object.entries(specs)) {
    await drawn(document.getElementById(name), spec, style);
    if (own !== wanted) return;
  }
  // A scroll bar has come or gone.
  if (root.clientWidth !== width && !last) return draw(true);
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
night.addEventListener("change", () => draw());
draw();
