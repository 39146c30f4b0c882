// Paint what shares the lanes' time axis: what is taken of each limit, and the lines across.

import { over, roundTop } from "./stairs.js";
import { kilowatts } from "./time.js";

export const POWER = 118;
export const CREW = 52;
const GAP = 22;
const PIXEL = 0.7; // steps nearer than this share a column

// A step function as points in pixels: every step where they are apart, the highest of a pixel where they are not.
function stair(steps, view, y) {
  const points = [];
  let column = -Infinity;
  let last = steps.at(view.from);
  let most = last;
  points.push([view.left, y(last)]);
  const leave = (x) => {
    if (most > last) points.push([column + PIXEL, y(most)], [column + PIXEL, y(last)]);
    points.push([x, y(last)]);
  };
  for (let at = steps.after(view.from); at < steps.length && steps.times[at] <= view.to; at += 1) {
    const value = steps.values[at];
    const x = view.x(steps.times[at]);
    if (x - column < PIXEL) {
      if (value > most) points.at(-1)[1] = y((most = value));
      last = value;
      continue;
    }
    leave(x);
    points.push([x, y(value)]);
    column = x;
    last = most = value;
  }
  leave(view.right);
  return points;
}

// Below a staircase, as one rectangle a step: a path of thousands of corners costs forty milliseconds.
function area(context, points, floor, fill) {
  context.fillStyle = fill;
  for (let at = 1; at < points.length; at += 1) {
    const [left, y] = points[at - 1];
    const right = points[at][0];
    if (right > left) context.fillRect(Math.round(left), y, Math.max(Math.round(right) - Math.round(left), 1), floor - y);
  }
}

function line(context, points, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  points.forEach(([x, y], at) => (at ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
}

function halo(context, frame, words, x, y, colour) {
  context.lineJoin = "round";
  context.lineWidth = 4;
  context.strokeStyle = frame.tokens.surface;
  context.strokeText(words, x, y);
  context.fillStyle = colour;
  context.fillText(words, x, y);
}

function between(context, view, from, to, top, bottom, draw) {
  const [a, b] = [Math.max(view.x(from), view.left), Math.min(view.x(to), view.right)];
  if (b <= a) return;
  context.save();
  context.beginPath();
  context.rect(a, top, b - a, bottom - top);
  context.clip();
  draw(a, b);
  context.restore();
}

// The selected rack's own kilowatts, as the top slice of the import.
function paintMine(context, frame, load, y, floor) {
  const { selected, view, tokens } = frame;
  if (!selected) return;
  const factor = selected.item ? selected.item.model.site_permille / 1000 : frame.data.load_factor ?? 1;
  for (const [start, end, watts] of selected.phases) {
    between(context, view, start, end, 0, floor, () => {
      const upper = stair(load, view, y);
      const lower = stair(load, view, (value) => Math.min(y(Math.max(value - watts * factor, 0)), floor));
      context.fillStyle = tokens.accent;
      context.beginPath();
      upper.forEach(([px, py], at) => (at ? context.lineTo(px, py) : context.moveTo(px, py)));
      for (const [px, py] of lower.reverse()) context.lineTo(px, py);
      context.fill();
    });
  }
}

// Where the use is above its limit, by work that was started or pinned before: the part above, in red.
function paintOver(context, frame, strip, y) {
  strip.over ??= over(strip.use, strip.limit, frame.data.to_min);
  for (const [from, to, limit] of strip.over) {
    if (to < frame.view.from || from > frame.view.to) continue;
    between(context, frame.view, from, to, 0, y(limit), () => area(context, stair(strip.use, frame.view, y), y(0), frame.tokens.bad));
  }
}

function paintCurtailments(context, frame, limits, y, top, labels) {
  const { view, tokens, paints, data } = frame;
  for (const { start, end, label, cap_w: cap } of data.curtailments ?? []) {
    const usual = Math.max(limits.at(start - 1), limits.at(end));
    const low = cap ?? limits.at(start);
    between(context, view, start, end, top - 12, y(low), (a, b) => {
      context.fillStyle = paints.forbidden;
      context.fillRect(a, y(usual) - 12, b - a, y(low) - y(usual) + 12);
    });
    const [a, b] = [view.x(start), view.x(end)];
    if (b < view.left || a > view.right) continue;
    const edge = (x) => Math.min(Math.max(x, view.left), view.right);
    line(context, [[edge(a), y(usual)], [edge(a), y(low)], [edge(b), y(low)], [edge(b), y(usual)]], tokens.limit.curtailment, 2);
    labels.push([edge(b) + 7, y(usual) - 9, label]);
  }
}

// A strip's name stands left of it; where there is no room, below.
function stripName(context, frame, [name, unit], { top, floor }) {
  const { tokens, view } = frame;
  const narrow = view.left < 80;
  context.font = tokens.fontHead;
  context.fillStyle = tokens.ink;
  if (narrow) {
    context.fillText(`${name}, ${unit}`, view.left, floor + 14);
    context.font = tokens.font;
    context.fillStyle = tokens["ink-3"];
    return;
  }
  const lines = broken(context, name, view.left - 40);
  lines.forEach((words, at) => context.fillText(words, 10, top + 16 + 13 * at));
  context.font = tokens.font;
  context.fillStyle = tokens["ink-3"];
  if (unit.toLowerCase() !== name.toLowerCase()) context.fillText(unit, 10, top + 17 + 13 * lines.length);
}

// A name in two lines at most, broken between its words.
function broken(context, name, room) {
  const words = name.split(" ");
  let taken = 1;
  while (taken < words.length && context.measureText(words.slice(0, taken + 1).join(" ")).width <= room) taken += 1;
  const lines = [words.slice(0, taken), words.slice(taken)].filter((some) => some.length);
  return lines.map((some) => fitted(context, some.join(" "), room));
}

function fitted(context, words, room) {
  if (context.measureText(words).width <= room) return words;
  let short = words;
  while (short.length > 3 && context.measureText(`${short}…`).width > room) short = short.slice(0, -1);
  return `${short}…`;
}

function paintPower(context, frame, strip, top) {
  const { view, tokens } = frame;
  const { limit, use, base } = strip;
  strip.top ??= roundTop(Math.max(limit.highest, use.highest), 1000);
  const floor = top + POWER - GAP;
  const scale = (watts) => floor - (watts / strip.top) * (POWER - GAP - 16);
  stripName(context, frame, [strip.label, "kW"], { top: top + 6, floor });
  context.textAlign = "end";
  for (const part of [0, 0.5, 1]) context.fillText(Math.round((strip.top * part) / 1000).toLocaleString("en-GB"), view.left - 8, scale(strip.top * part) + 4);
  context.textAlign = "start";
  if (use.length) area(context, stair(use, view, scale), floor, tokens["steel-3"]);
  if (base?.length) area(context, stair(base, view, scale), floor, tokens["steel-1"]);
  paintMine(context, frame, use, scale, floor);
  if (!limit.length) return;
  paintOver(context, frame, strip, scale);
  line(context, stair(limit, view, scale), tokens.ink, 1.5);
  const labels = [];
  paintCurtailments(context, frame, limit, scale, top, labels);
  const last = limit.at(view.to);
  const words = `${kilowatts(last)} allowed`;
  context.font = tokens.font;
  const room = view.right - context.measureText(words).width - 12;
  context.textAlign = "end";
  halo(context, frame, words, view.right - 4, scale(last) - 5, tokens["ink-2"]);
  context.textAlign = "start";
  context.font = tokens.fontMedium;
  for (const [x, y, label] of labels) {
    const width = context.measureText(label).width;
    if (x + width < room) halo(context, frame, label, x, y, tokens.limit.curtailment);
    else if (x - width - 40 > view.left) {
      context.textAlign = "end";
      halo(context, frame, label, Math.min(x - 14, room), y - (x - 14 > room ? 13 : 0), tokens.limit.curtailment);
      context.textAlign = "start";
    }
  }
}

const COLOURS = { people: "people", bays: "bay", heat: "cooling", node: "power" };

function paintSmall(context, frame, strip, top) {
  const { view, tokens } = frame;
  const { limit, use } = strip;
  const floor = top + CREW - (view.left < 80 ? 18 : 8);
  const isPower = strip.kind === "heat" || strip.kind === "node";
  const most = Math.max(limit.highest, use.highest, 1);
  const scale = (amount) => floor - (amount / most) * (floor - top - 12);
  context.fillStyle = tokens.line;
  context.fillRect(0, top, view.width, 1);
  area(context, stair(use, view, scale), floor, tokens["steel-3"]);
  paintOver(context, frame, strip, scale);
  line(context, stair(limit, view, scale), tokens.limit[COLOURS[strip.kind]], 1.5);
  stripName(context, frame, [strip.label, isPower ? "kW" : strip.kind], { top, floor });
  context.textAlign = "end";
  context.fillText(isPower ? Math.round(most / 1000).toLocaleString("en-GB") : String(most), view.left - 8, scale(most) + 4);
  context.fillText("0", view.left - 8, floor + 3);
  context.textAlign = "start";
}

function heightOf(strip) {
  return strip.kind === "import" ? POWER : CREW;
}

export function stripsHeight(strips) {
  return strips.reduce((sum, strip) => sum + heightOf(strip), 0);
}

export function stripAt(strips, y) {
  let top = 0;
  for (const strip of strips) {
    if (y >= top && y < top + heightOf(strip)) return strip;
    top += heightOf(strip);
  }
  return null;
}

export function paintStrips(context, frame, top) {
  const { view, tokens, strips } = frame;
  let at = top;
  context.fillStyle = tokens.surface;
  context.fillRect(0, top, view.width, stripsHeight(strips));
  for (const strip of strips) {
    context.fillStyle = tokens.line;
    context.fillRect(0, at, view.width, 1);
    if (strip.kind === "import") paintPower(context, frame, strip, at);
    else paintSmall(context, frame, strip, at);
    at += heightOf(strip);
  }
  if (frame.peak_at) paintPeak(context, frame, top);
}

// The minute whose causes are lit, in its strip.
function paintPeak(context, frame, top) {
  const { view, tokens, strips, peak_at: peak } = frame;
  const x = view.x(peak.minute);
  if (x < view.left || x > view.right) return;
  let at = top;
  for (const strip of strips) {
    if (strip.key === peak.key) {
      line(context, [[x, frame.laneTop], [x, at + heightOf(strip)]], tokens.accent, 1);
      context.fillStyle = tokens.accent;
      context.beginPath();
      context.moveTo(x - 5, at + 2);
      context.lineTo(x + 5, at + 2);
      context.lineTo(x, at + 9);
      context.fill();
    }
    at += heightOf(strip);
  }
}

// Dates and hours. Where the plan leaves the present year, the year stands at the left edge, and the first date of
// another says it in the place of its weekday.
export function paintAxis(context, frame) {
  const { view, tokens, clock, now } = frame;
  context.fillStyle = tokens.surface;
  context.fillRect(0, 0, view.width, frame.laneTop);
  context.font = tokens.fontMedium;
  context.fillStyle = tokens["ink-2"];
  const days = clock.midnights(view.from, view.to);
  const dayRoom = ((view.right - view.left) * 1440) / (view.to - view.from);
  const every = Math.max(1, Math.ceil(74 / dayRoom));
  const first = clock.local(days[0]);
  const phase = every >= 7 ? (8 - first.getUTCDay()) % 7 : 0;
  const step = every > 1 && every < 7 ? every : every >= 7 ? Math.ceil(every / 7) * 7 : 1;
  let year = clock.year(view.from);
  if (view.limits.some((end) => clock.year(end) !== clock.year(now))) {
    context.textAlign = "end";
    context.fillText(String(year), view.left - 8, 13);
    context.textAlign = "start";
  }
  for (let at = phase; at < days.length; at += step) {
    const next = days[at + step] ?? view.to;
    const x = Math.max(view.x(days[at]), view.left) + 6;
    if (view.x(next) - x <= 62) continue;
    const day = days[at] + 60;
    const isNew = clock.year(day) !== year;
    context.fillText(isNew ? clock.date(day, true) : `${clock.weekday(day)} ${clock.date(day)}`, x, 13);
    year = clock.year(day);
  }
  context.font = tokens.font;
  context.fillStyle = tokens["ink-3"];
  context.textAlign = "center";
  for (const tick of clock.ticks(view.from, view.to, view.right - view.left, 42)) {
    if (tick.step >= 1440) break;
    const x = view.x(tick.at);
    if (Math.abs(x - view.x(now)) > 34 && x > view.left + 4 && x < view.right - 4) context.fillText(tick.label, x, 29);
  }
  context.textAlign = "start";
}

export function paintGround(context, frame, bottom) {
  const { view, tokens, clock, data, now } = frame;
  const top = frame.laneTop;
  if (data.fence_min > now) {
    between(context, view, now, data.fence_min, top, bottom, (a, b) => {
      context.globalAlpha = 0.07;
      context.fillStyle = tokens.limit.frozen;
      context.fillRect(a, top, b - a, bottom - top);
      context.globalAlpha = 1;
    });
  }
  for (const { start, end } of data.curtailments ?? []) {
    between(context, view, start, end, top, bottom, (a, b) => {
      context.globalAlpha = 0.06;
      context.fillStyle = tokens.limit.curtailment;
      context.fillRect(a, top, b - a, bottom - top);
      context.globalAlpha = 1;
    });
  }
  for (const tick of clock.ticks(view.from, view.to, view.right - view.left, 42)) {
    const x = Math.round(view.x(tick.at)) + 0.5;
    if (x < view.left) continue;
    context.fillStyle = tick.midnight ? tokens.line : tokens["line-soft"];
    context.fillRect(x, top, 1, bottom - top);
  }
}

export function paintOverlay(context, frame, bottom) {
  const { view, tokens, clock, data, now } = frame;
  const fence = view.x(data.fence_min);
  if (fence > view.left && fence < view.right) {
    context.setLineDash([5, 3]);
    line(context, [[fence, frame.laneTop], [fence, bottom]], tokens.limit.frozen, 1.25);
    context.setLineDash([]);
    context.font = tokens.fontMedium;
    context.textAlign = fence - view.left > 150 ? "end" : "start";
    const words = `frozen until ${clock.moment(data.fence_min)}`;
    halo(context, frame, words, fence + (context.textAlign === "end" ? -6 : 6), frame.laneTop + 15, tokens.limit.frozen);
    context.textAlign = "start";
  }
  const x = view.x(now);
  if (x < view.left || x > view.right) return;
  line(context, [[x, 30], [x, bottom]], tokens.accent, 1.5);
  const words = clock.clock(now);
  context.fillStyle = tokens.accent;
  context.beginPath();
  context.roundRect(Math.min(Math.max(x - 20, view.left - 8), view.right - 40), 17, 40, 16, 3);
  context.fill();
  context.fillStyle = tokens["on-accent"];
  context.font = tokens.fontMedium;
  context.textAlign = "center";
  context.fillText(words, Math.min(Math.max(x, view.left + 12), view.right - 20), 29);
  context.textAlign = "start";
}
