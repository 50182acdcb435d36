"""What a browser is asked about a page: scripts that return a list of what is not as it should be.

Every one returns an empty list for a page that is right.
"""

from __future__ import annotations

CUT = """
const cut = [];
for (const frame of document.querySelectorAll("figure")) {
  const box = frame.querySelector("svg").getBoundingClientRect();
  for (const text of frame.querySelectorAll("svg text")) {
    const own = text.getBoundingClientRect();
    if (own.width && (own.left < box.left - 1 || own.right > box.right + 1
        || own.top < box.top - 1 || own.bottom > box.bottom + 1))
      cut.push([frame.id, text.textContent]);
  }
}
const wide = (element) => element.closest(".wide, .scroll, pre, .long, svg");
for (const element of document.querySelectorAll("body *")) {
  if (wide(element) && !element.matches(".wide, .scroll, pre")) continue;
  const own = element.getBoundingClientRect();
  if (own.width && (own.right > innerWidth + 1 || own.left < 0))
    cut.push([element.tagName, element.textContent.slice(0, 60)]);
  if (getComputedStyle(element).textOverflow === "ellipsis")
    cut.push(["ellipsis", element.textContent.slice(0, 60)]);
}
return cut;
"""
"""Texts that reach out of their picture, elements that reach out of the page."""

OVERLAPPING = """
const found = [];
for (const frame of document.querySelectorAll("figure")) {
  const texts = [...frame.querySelectorAll("svg text")]
    .filter((text) => getComputedStyle(text).opacity !== "0" && text.textContent)
    .map((text) => [text.textContent, text.getBoundingClientRect()]);
  texts.forEach(([one, a], i) => texts.slice(i + 1).forEach(([other, b]) => {
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (across > 1 && down > 4) found.push([frame.id, one, other]);
  }));
}
return found;
"""
"""Pairs of texts in one picture that lie on each other."""

OUTSIDE = """
const found = [];
const inner = (texts, boxes) => texts.forEach((text, i) => {
  if (!text.textContent) return;
  const own = text.getBoundingClientRect(), box = boxes[i].getBoundingClientRect();
  if (own.left < box.left - 1 || own.right > box.right + 1
      || own.top < box.top - 2 || own.bottom > box.bottom + 2) found.push(text.textContent);
});
const all = (picked) => [...document.querySelectorAll(picked)];
const boxes = all("#network g.stages path");
inner(all("#network g.titles text"), boxes);
inner(all("#network g.details text"), boxes);
inner(all("#resources g.words text"), all("#resources g.areas path"));
return found;
"""
"""Words that reach out of the box of the network, or the area, that they belong to."""

PALE = """
const light = (colour) => {
  const [r, g, b] = colour.match(/[0-9.]+/g).map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const fill = (element) => light(getComputedStyle(element).fill);
const found = [];
const against = (texts, boxes) => texts.forEach((text, i) => {
  const [low, high] = [fill(text), fill(boxes[i])].sort((a, b) => a - b);
  if ((high + 0.05) / (low + 0.05) < 4.5) found.push(text.textContent);
});
const all = (picked) => [...document.querySelectorAll(picked)];
against(all("#network g.titles text"), all("#network g.stages path"));
against(all("#network g.details text"), all("#network g.stages path"));
against(all("#resources g.words text"), all("#resources g.areas path"));
return found;
"""
"""Words that are hard to read on the colour of their box (WCAG asks for 4.5 to 1)."""

UNNAMED = """
const found = [];
const all = (picked) => [...document.querySelectorAll(picked)];
const visible = (element) => element.getClientRects().length
  && getComputedStyle(element).opacity > 0;
const entries = (id) => all(`#key-${id} li`).filter(visible);
const explained = (id) => new Set(entries(id).map((entry) => entry.dataset.name));
const number = (entry) => entry.querySelector("strong").textContent;
const numbered = (id) => new Set(entries(id).map(number));
const same = (text) => [...text.querySelectorAll("tspan")].slice(0, -1)
  .map((part) => part.textContent).join("").replaceAll(" ", "");

const words = all("#resources g.words text");
if (words.length !== all("#resources g.areas path").length) found.push("an area without words");
const known = numbered("resources");
const areas = new Set(words.filter((text) => text.querySelector("tspan")).map(same));
for (const text of words) {
  const numbers = /^([0-9]+)(-([0-9]+))?$/.exec(text.textContent);
  if (!text.textContent) found.push("an empty area");
  else if (numbers && !known.has(numbers[1])) found.push(text.textContent);
  else if (numbers && numbers[3] && !known.has(numbers[3])) found.push(text.textContent);
}
for (const entry of all("#key-resources li"))
  if (!explained("resources").has(entry.dataset.name)
      && !areas.has(entry.dataset.name.replaceAll(" ", ""))) found.push(entry.dataset.name);

const points = new Set(all("#roofline g.names text").filter(visible).map((t) => t.textContent));
for (const entry of all("#key-roofline li"))
  if (!explained("roofline").has(entry.dataset.name) && !points.has(entry.dataset.name))
    found.push(entry.dataset.name);
for (const text of all("#roofline g.numbers text").filter(visible))
  if (!numbered("roofline").has(text.textContent)) found.push(text.textContent);
return found;
"""
"""Areas of stages and points of the roofline that have neither a name nor an entry in the key."""

BROKEN = """
const found = [];
const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const range = document.createRange();
while (walk.nextNode()) {
  const node = walk.currentNode;
  if (node.parentElement.closest("svg, pre, script, style, .long")) continue;
  for (const word of node.data.matchAll(/[^\\s-]+-*/g)) {
    range.setStart(node, word.index);
    range.setEnd(node, word.index + word[0].length);
    const tops = new Set([...range.getClientRects()].map((rect) => Math.round(rect.top)));
    if (tops.size > 1) found.push(word[0]);
  }
}
const names = [...document.querySelectorAll("th[scope=row]")].map((head) => head.textContent);
for (const text of document.querySelectorAll("svg text")) {
  const lines = [...text.querySelectorAll("tspan")].map((line) => line.textContent);
  // The last line has the figures.
  for (const [line, next] of lines.slice(0, -2).map((line, i) => [line, lines[i + 1]]))
    if (/[a-z0-9]$/i.test(line) && names.some((name) => name.includes(line + next)))
      found.push(`${line} ${next}`);
}
return found;
"""
"""Words that go on in the next line, other than after _ . / : and -."""

OPEN = "for (const fold of document.querySelectorAll('details')) fold.open = true; return [];"

SHORTEN = """
document.querySelectorAll("figure svg").forEach((picture) => picture.replaceChildren());
const rows = document.querySelectorAll("tbody tr:nth-child(n+4):not(:last-child)");
rows.forEach((row) => row.remove());
return [];
"""
"""Leaves of tables a few rows, which are alike, and of pictures what readers of screens are told.

Axe takes ten times as long with all of them, and finds nothing more.
"""

REQUESTS = "return performance.getEntriesByType('resource').map((entry) => entry.name);"
"""What the page asked for."""

FOCUSABLE = """
const hidden = (element) => !element.getClientRects().length;
return [...document.querySelectorAll("a[href], button, summary, [tabindex='0']")]
  .filter((element) => !hidden(element)).map((element, i) => {
    element.dataset.place = i;
    return element.textContent.trim().slice(0, 40);
  });
"""
"""Everything that the keyboard must reach, in the order of the page."""

FOCUSED = """
const now = document.activeElement, style = getComputedStyle(now);
const box = now.getBoundingClientRect();
const outlined = style.outlineStyle !== "none" && style.outlineWidth !== "0px";
return [Number(now.dataset.place ?? -1), outlined, box.bottom > 0 && box.top < innerHeight];
"""
"""Which of them has the focus, whether it shows, and whether it is in sight."""
