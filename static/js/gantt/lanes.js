// Paint the lanes: one bar a rack, as tall as its kilowatts; what waits is dotted in the colour of its limit.

import { LANE, after } from "./model.js";
import { duration } from "./time.js";

const PHASES_FROM = 32; // pixels a bar needs before its phases are worth drawing
const LABEL_PAD = 5;

// Rectangles by paint, so that the context changes its fill a few times a frame and not a few times a bar;
// on whole device pixels, where they are sharp and need no blending.
class Batches {
  constructor(ratio) {
    this.lists = new Map();
    this.ratio = ratio;
  }

  add(paint, x, y, width, height) {
    let list = this.lists.get(paint);
    if (!list) this.lists.set(paint, (list = []));
    const { ratio } = this;
    const left = Math.round(x * ratio);
    const top = Math.round(y * ratio);
    list.push(left / ratio, top / ratio, (Math.max(Math.round((x + width) * ratio) - left, 1)) / ratio, Math.max(Math.round((y + height) * ratio) - top, 1) / ratio);
  }

  paint(context, paints) {
    for (const [name, list] of this.lists) {
      context.fillStyle = paints[name];
      for (let at = 0; at < list.length; at += 4) context.fillRect(list[at], list[at + 1], list[at + 2], list[at + 3]);
    }
  }
}

function phasePaint(kind) {
  if (kind === "firmware") return "never";
  if (kind === "derated") return "derated";
  if (kind === "allowance") return "rework";
  return kind === "done" || kind === "standby" ? "past" : "sky";
}

function addPhases(batches, frame, bar, y) {
  const { view, now, peak } = frame;
  for (const [start, end, watts, kind] of bar.phases) {
    if (end < view.from || start > view.to) continue;
    const height = Math.max(1, (watts / peak) * (LANE - 5));
    const top = y + LANE - 2 - height;
    const name = phasePaint(kind);
    const split = name === "sky" ? Math.min(Math.max(now, start), end) : start;
    const [a, b, c] = [view.x(start), view.x(split), view.x(end)];
    if (b > a) batches.add("past", a, top, b - a, height);
    if (c > b) batches.add(name, b, top, c - b, height);
  }
}

function addBar(batches, marks, frame, bar, y) {
  const { view } = frame;
  const left = view.x(bar.start);
  const right = Math.max(view.x(bar.end), left + 1);
  if (bar.start < bar.held_from || bar.end > bar.held_to) batches.add("past", left, y + LANE - 4, right - left, 2);
  if (frame.causes && !frame.causes.has(bar.item)) {
    batches.add("body", left, y + 4, right - left - 1, LANE - 6);
    return;
  }
  const [from, to] = [view.x(bar.held_from), Math.max(view.x(bar.held_to), view.x(bar.held_from) + 1)];
  if (right - left < PHASES_FROM) {
    batches.add("sky", from, y + 4, to - from, LANE - 6);
  } else if (!bar.phases.length) {
    batches.add(bar.end <= frame.now ? "past" : "sky", from, y + 3, to - from - 1, LANE - 6); // work without kilowatts
  } else {
    batches.add("body", from, y + 2, to - from - 1, LANE - 4); // a pixel less, so that two bars in a row are two
    addPhases(batches, frame, bar, y);
  }
  if (right - left >= 26 || bar.late_min > 0 || bar.pinned || bar === frame.selected || bar === frame.focused) marks.push({ bar, y, left, right });
}

// Where many bars fall on one pixel, the first of them stands for all.
function laneBars(batches, marks, waits, frame, lane, y) {
  const { view } = frame;
  let painted = -Infinity;
  for (let at = after(lane.ends, view.from); at < lane.bars.length; at += 1) {
    if (lane.starts[at] > view.to) break;
    const bar = lane.bars[at];
    for (const wait of bar.waits) {
      const [a, b] = [view.x(wait[0]) + 2, view.x(wait[1]) - 3];
      if (b - a > 4) waits.push(wait[2], Math.max(a, view.left), Math.min(b, view.right), y + LANE / 2);
    }
    const right = view.x(bar.end);
    if (right - painted < 1 && bar.late_min <= 0 && bar !== frame.selected) continue;
    painted = right;
    addBar(batches, marks, frame, bar, y);
  }
}

function paintWaits(context, tokens, waits) {
  context.lineWidth = 1.5;
  context.setLineDash([1.5, 3]);
  context.globalAlpha = 0.75;
  for (let at = 0; at < waits.length; at += 4) {
    context.strokeStyle = tokens.limit[waits[at]] ?? tokens.limit.batching;
    context.beginPath();
    context.moveTo(waits[at + 1], waits[at + 3]);
    context.lineTo(waits[at + 2], waits[at + 3]);
    context.stroke();
  }
  context.globalAlpha = 1;
  context.setLineDash([]);
}

function diamond(context, x, y, size) {
  context.beginPath();
  context.moveTo(x, y - size);
  context.lineTo(x + size, y);
  context.lineTo(x, y + size);
  context.lineTo(x - size, y);
  context.closePath();
}

function ring(context, colour, { left, right, y }) {
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.beginPath();
  context.roundRect(left - 1, y + 1, right - left + 2, LANE - 2, 3);
  context.stroke();
}

// A padlock: a planner has fixed this start.
function pin(context, x, y) {
  context.fillRect(x, y + 4, 8, 6);
  context.strokeStyle = context.fillStyle;
  context.lineWidth = 1.4;
  context.beginPath();
  context.moveTo(x + 1.8, y + 4);
  context.lineTo(x + 1.8, y + 1.6);
  context.lineTo(x + 3, y + 0.4);
  context.lineTo(x + 5, y + 0.4);
  context.lineTo(x + 6.2, y + 1.6);
  context.lineTo(x + 6.2, y + 4);
  context.stroke();
}

function paintLate(context, frame, mark, tail) {
  const { tokens, view } = frame;
  const { bar, y, right } = mark;
  const due = view.x(bar.due ?? bar.end - bar.late_min);
  if (right > view.right) return;
  context.fillStyle = tokens.bad;
  diamond(context, right + 9, y + LANE / 2, 4.5);
  context.fill();
  if (tail && due < right && due > view.left) {
    context.fillRect(due, y + LANE - 1.5, right - due, 1.5);
  }
  if (view.right - right > 70 && tail) {
    context.font = tokens.fontMedium;
    context.strokeStyle = tokens.surface;
    context.lineWidth = 4;
    context.lineJoin = "round";
    context.strokeText(`${duration(bar.late_min)} late`, right + 18, y + 13);
    context.fillText(`${duration(bar.late_min)} late`, right + 18, y + 13);
  }
}

function paintDue(context, frame, bar, y) {
  const x = frame.view.x(bar.due);
  const end = Math.max(frame.view.x(bar.ships ?? bar.end), frame.view.x(bar.end)) + 2;
  // The slack: from the day it ships to the day it is due.
  if (x - end > 8) {
    context.fillStyle = frame.tokens["line-control"];
    context.fillRect(end, y + LANE / 2 - 0.5, Math.min(x - 5, frame.view.right) - end, 1);
  }
  if (x < frame.view.left || x > frame.view.right) return;
  context.fillStyle = frame.tokens.surface;
  context.strokeStyle = frame.tokens["ink-3"];
  context.lineWidth = 1;
  diamond(context, x, y + LANE / 2, 3.5);
  context.fill();
  context.stroke();
}

// How far right a bar's words may reach: to the next bar in its lane.
function roomAfter(frame, bar) {
  const next = bar.lane.bars[bar.index + 1];
  return next ? frame.view.x(next.start) : frame.view.right;
}

function paintMarks(context, frame, marks) {
  const { tokens, view } = frame;
  for (const mark of marks) {
    const { bar, y, left, right } = mark;
    const start = Math.max(left, view.left) + LABEL_PAD;
    const chosen = bar === frame.selected;
    context.font = chosen ? tokens.fontMedium : tokens.font;
    context.fillStyle = tokens.ink;
    const width = frame.measure(bar.label ?? bar.rack);
    if (Math.min(right, view.right) - start > width + LABEL_PAD) {
      context.fillText(bar.label ?? bar.rack, start, y + 13);
      if (bar.pinned && right - start > width + 20) pin(context, start + width + 7, y + 3);
    } else if (bar.pinned) pin(context, Math.max(right - 10, left + 1), y + 3);
    if (chosen) ring(context, tokens.accent, mark);
    if (bar === frame.focused && frame.hasFocus) ring(context, tokens.ink, { left: left - 2, right: right + 2, y });
    if (bar.late_min > 0) paintLate(context, frame, mark, roomAfter(frame, bar) - right > 80);
    else if (bar.due !== undefined && bar.due !== null && bar.due >= bar.end && bar.due <= roomAfterMinute(bar)) paintDue(context, frame, bar, y);
  }
}

function roomAfterMinute(bar) {
  return bar.lane.bars[bar.index + 1]?.start ?? Infinity;
}

function paintFolded(context, frame, row, y) {
  const { view, tokens } = frame;
  const { group } = row;
  const places = Math.max(group.lanes.length, 1);
  context.fillStyle = tokens["steel-2"];
  context.beginPath();
  context.moveTo(view.left, y + row.height - 2);
  let held = 0;
  for (const [at, count] of group.held) {
    if (at > view.to) break;
    const x = Math.max(view.x(at), view.left);
    context.lineTo(x, y + row.height - 2 - (held / places) * (row.height - 6));
    held = count;
    context.lineTo(x, y + row.height - 2 - (held / places) * (row.height - 6));
  }
  context.lineTo(view.right, y + row.height - 2 - (held / places) * (row.height - 6));
  context.lineTo(view.right, y + row.height - 2);
  context.fill();
  let now = 0;
  for (const [at, count] of group.held) {
    if (at > frame.now) break;
    now = count;
  }
  context.fillStyle = tokens.ink;
  context.font = tokens.font;
  context.fillText(`${now} of ${group.lanes.length} held now`, view.left + 6, y + 16);
}

// Where a bar would be while it is moved, in the colour of the answer.
export function paintGhost(context, frame, ghost) {
  const { view, tokens, laneTop, laneBottom, scroll } = frame;
  const y = laneTop + ghost.row.y - scroll;
  const [left, right] = [view.x(ghost.start), view.x(ghost.start + ghost.length)];
  if (y < laneTop - LANE || y > laneBottom) return;
  const colour = { ok: tokens.good, push: tokens.watch, no: tokens.bad }[ghost.state] ?? tokens.accent;
  context.globalAlpha = 0.25;
  context.fillStyle = colour;
  context.fillRect(left, y + 1, Math.max(right - left, 3), LANE - 2);
  context.globalAlpha = 1;
  context.setLineDash(ghost.state === "no" ? [3, 2] : []);
  ring(context, colour, { left, right: Math.max(right, left + 3), y });
  context.setLineDash([]);
}

export function paintLanes(context, frame, model) {
  const { view, tokens, scroll, laneTop, laneBottom } = frame;
  const batches = new Batches(frame.ratio);
  const marks = [];
  const waits = [];
  const rows = [...model.rowsBetween(scroll, scroll + laneBottom - laneTop)];
  context.save();
  context.beginPath();
  context.rect(0, laneTop, view.width, laneBottom - laneTop);
  context.clip();
  for (const row of rows) {
    const y = laneTop + row.y - scroll;
    context.fillStyle = row.kind === "lane" ? tokens["line-soft"] : tokens.line;
    context.fillRect(row.kind === "lane" ? view.left : 0, row.kind === "lane" ? y + row.height - 1 : y, view.width, 1);
    if (row.kind === "lane") {
      context.font = tokens.font;
      context.fillStyle = tokens["ink-2"];
      context.fillText(row.lane.label, Math.min(22, view.left - 50), y + 13);
    } else {
      context.font = tokens.fontHead;
      context.fillStyle = tokens.ink;
      context.fillText(row.group.label, 10, y + 16);
    }
  }
  context.beginPath();
  context.rect(view.left, laneTop, view.right - view.left, laneBottom - laneTop);
  context.clip();
  for (const row of rows) {
    const y = laneTop + row.y - scroll;
    if (row.kind === "lane") laneBars(batches, marks, waits, frame, row.lane, y);
    else if (row.kind === "folded") paintFolded(context, frame, row, y);
    else if (row.group.note && view.width > 560) {
      context.font = tokens.font;
      context.fillStyle = tokens["ink-3"];
      context.textAlign = "end";
      context.fillText(row.group.note, view.right - 4, y + 15);
      context.textAlign = "start";
    }
  }
  batches.paint(context, frame.paints);
  paintWaits(context, tokens, waits);
  paintMarks(context, frame, marks);
  context.restore();
  return marks.length;
}
