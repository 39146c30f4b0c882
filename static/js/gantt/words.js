// What a bar says when it is pointed at, focused or selected; the same facts the table twin holds.

import { duration, kilowatts } from "./time.js";

const LIMIT_WORDS = {
  physics: "Work", material: "Material", bay: "Bay", power: "Power", cooling: "Cooling", people: "People", curtailment: "Curtailment", frozen: "Frozen fence",
  answer: "Answer", freight: "Freight", shift: "Shift calendar", rework: "Rework", quality: "Quality hold", batching: "Batching",
};

export function sentences(bar, clock) {
  const out = [`${clock.moment(bar.held_from)} to ${clock.moment(bar.held_to)}, ${duration(bar.held_to - bar.held_from)}`];
  const peak = Math.max(0, ...bar.phases.map((phase) => phase[2]));
  if (peak) out.push(`At most ${kilowatts(peak)}`);
  for (const [start, end, limit] of bar.waits) out.push(`Waited ${duration(end - start)} for ${(LIMIT_WORDS[limit] ?? limit).toLowerCase()}`);
  if (bar.late_min > 0) out.push(`${duration(bar.late_min)} late`);
  else if (bar.due !== undefined && bar.due !== null) out.push(`Due ${clock.day(bar.due)}, in time`);
  if (bar.pinned) out.push("Pinned by a planner");
  if (bar.why) out.push(bar.why);
  return out;
}

export function spoken(bar, clock) {
  return `${bar.label ?? bar.rack}, ${bar.group.label}, ${bar.lane.label}. ${sentences(bar, clock).join(". ")}.`;
}

export function fillTip(tip, bar, clock) {
  const title = document.createElement("b");
  title.textContent = `${bar.label ?? bar.rack} · ${bar.lane.label}${bar.order ? ` · ${bar.order}` : ""}`;
  const lines = sentences(bar, clock).map((words) => {
    const line = document.createElement("span");
    line.textContent = words;
    if (words.endsWith(" late")) line.className = "bad medium";
    return line;
  });
  tip.replaceChildren(title, ...lines);
}

// A title over lines in the hint's place.
export function fillLines(tip, title, lines, isBad) {
  const head = document.createElement("b");
  head.textContent = title;
  const rows = lines.map((words, at) => {
    const line = document.createElement("span");
    line.textContent = words;
    if (isBad && at === 0) line.className = "bad medium";
    return line;
  });
  tip.replaceChildren(head, ...rows);
}

// A panel for a page that gives none of its own: the facts and the way to the rack.
export function fillPanel(panel, bar, clock) {
  const head = document.createElement("header");
  head.className = "panel__head";
  const title = document.createElement("h2");
  title.className = "serial";
  title.textContent = bar.label ?? bar.rack;
  const where = document.createElement("p");
  where.className = "ink-2";
  where.textContent = `${bar.group.label} · ${bar.lane.label}`;
  const names = document.createElement("div");
  names.append(title, where);
  head.append(names);
  const body = document.createElement("div");
  body.className = "panel__body";
  for (const words of sentences(bar, clock)) {
    const line = document.createElement("p");
    line.textContent = `${words}.`;
    body.append(line);
  }
  panel.replaceChildren(head, body);
  if (!bar.url) return;
  const foot = document.createElement("footer");
  foot.className = "panel__foot";
  const link = document.createElement("a");
  link.className = "button";
  link.href = bar.url;
  link.textContent = `Open ${bar.label ?? bar.rack}`;
  foot.append(link);
  panel.append(foot);
}
