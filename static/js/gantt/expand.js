// The plan's data as it travels (flat, in differences; docs/plan-page.md) made into groups, lanes, bars and strips.

import { Stairs } from "./stairs.js";

const KINDS = ["work", "derated", "standby", "firmware"];
const PACK_GAP = 0;

function pairs(flat) {
  const out = new Array(flat.length / 2);
  let minute = 0;
  for (let at = 0; at < flat.length; at += 2) out[at / 2] = [(minute += flat[at]), flat[at + 1]];
  return out;
}

// A step's phases: [start, end, watts, kind]. Most steps are one phase of work, which does not travel.
function phasesOf(step, start, end, drawn) {
  if (!drawn) return step.draw ? [[start, end, step.draw, KINDS[step.kind]]] : [];
  const out = [];
  let at = Math.max(start, 0);
  for (let part = 0; part < drawn.length; part += 3) out.push([at, (at += drawn[part]), drawn[part + 1], KINDS[drawn[part + 2]]]);
  return out;
}

function stepsOf(model, flat, drawn, pinned) {
  const steps = [];
  let now = 0;
  for (let at = 0; at < flat.length; at += 3) {
    const of = model.steps[flat[at]];
    const start = now + flat[at + 1];
    now = start + flat[at + 2];
    steps.push({ of, start, end: now, drawn: drawn[flat[at]], pinned: pinned.includes(flat[at]) });
  }
  return steps;
}

// Rows for bars that overlap: each goes to the first row that is free.
function pack(bars) {
  bars.sort((a, b) => a.start - b.start);
  const rows = [];
  const free = []; // a heap of [end, row]
  const swap = (a, b) => ([free[a], free[b]] = [free[b], free[a]]);
  for (const bar of bars) {
    if (free.length && free[0][0] + PACK_GAP <= bar.start) {
      const top = free[0];
      rows[top[1]].push(bar);
      top[0] = bar.end;
      for (let at = 0; ; ) {
        const [left, right] = [2 * at + 1, 2 * at + 2];
        let least = at;
        if (left < free.length && free[left][0] < free[least][0]) least = left;
        if (right < free.length && free[right][0] < free[least][0]) least = right;
        if (least === at) break;
        swap(at, least);
        at = least;
      }
      continue;
    }
    rows.push([bar]);
    free.push([bar.end, rows.length - 1]);
    for (let at = free.length - 1; at && free[(at - 1) >> 1][0] > free[at][0]; at = (at - 1) >> 1) swap(at, (at - 1) >> 1);
  }
  return rows;
}

export class Source {
  constructor(doc, orderUrl) {
    this.doc = doc;
    this.orderUrl = orderUrl ?? "";
    this.racks = doc.racks.map((row) => this.rack(row));
    this.strips = doc.strips.map((strip) => ({ ...strip, flat: strip }));
  }

  rack([serial, model, order, due, late, bay, pinned, waits, flat, drawn]) {
    const of = this.doc.models[model];
    const number = this.doc.orders[order];
    return {
      rack: serial, model: of, order: number, due, late_min: late, bay, waits,
      steps: stepsOf(of, flat, drawn, pinned),
      url: this.orderUrl && number ? `${this.orderUrl.replace("__", encodeURIComponent(number))}?rack=${encodeURIComponent(serial)}` : "",
    };
  }

  // One strip's step functions, read when it is first shown.
  strip(key) {
    const strip = this.strips.find((candidate) => candidate.key === key);
    if (!strip) return null;
    if (!strip.read) {
      strip.read = true;
      strip.limit = new Stairs(pairs(strip.flat.limit));
      strip.use = new Stairs(pairs(strip.flat.use));
      strip.base = strip.flat.base ? new Stairs(pairs(strip.flat.base)) : null;
    }
    return strip;
  }

  bar(item, steps, more) {
    const phases = steps.flatMap((step) => (step.of.session === "bay" ? phasesOf(step.of, step.start, step.end, step.drawn) : []));
    const start = steps[0].start;
    const end = steps.at(-1).end;
    return {
      item, rack: item.rack, label: item.rack, order: item.order, url: item.url, step: steps[0].of.code, steps, start, end, held_from: start, held_to: end,
      due: item.due, ships: item.steps.at(-1).end, late_min: item.late_min, pinned: steps.some((step) => step.pinned), phases, waits: [], ...more,
    };
  }

  bayBar(item) {
    const steps = item.steps.filter((step) => step.of.session === "bay");
    if (!steps.length || item.bay < 0) return null;
    const bar = this.bar(item, steps, {});
    let end = bar.start;
    for (let at = item.waits.length - 2; at >= 0; at -= 2) {
      bar.waits.unshift([end - item.waits[at + 1], end, this.doc.limits[item.waits[at]]]);
      end -= item.waits[at + 1];
    }
    return bar;
  }

  matching(find) {
    const wanted = find.trim().toLowerCase();
    if (!wanted) return this.racks;
    return this.racks.filter((item) => item.rack.toLowerCase().includes(wanted) || item.order.toLowerCase().includes(wanted));
  }

  groups(lanes, find) {
    const items = this.matching(find);
    if (lanes === "rack") return this.byRack(items);
    if (lanes === "order") return this.byOrder(items);
    if (lanes === "crew") return this.byCrew(items);
    return this.byBay(items, find);
  }

  byBay(items, find) {
    const lanes = this.doc.bays.map(([key, label]) => ({ key, label, code: label, bars: [] }));
    for (const item of items) {
      const bar = this.bayBar(item);
      if (bar) lanes[item.bay].bars.push(bar);
    }
    return this.doc.groups.map((group, number) => ({ ...group, lanes: lanes.filter((lane, at) => this.doc.bays[at][2] === number && (!find.trim() || lane.bars.length)) })).filter((group) => group.lanes.length);
  }

  // Groups and lanes stand in the order of the document's lists, as in the table and the files (queries/lanes.py).
  byRack(items) {
    const groups = new Map(this.doc.models.map(({ key, label }) => [key, { key, label, note: "", lanes: [] }]));
    for (const item of items) {
      groups.get(item.model.key).lanes.push({ key: item.rack, label: item.rack, bars: item.steps.map((step, at) => this.bar(item, [step], { label: step.of.code, late_min: at === item.steps.length - 1 ? item.late_min : 0, due: at === item.steps.length - 1 ? item.due : null })) });
    }
    return [...groups.values()].filter((group) => group.lanes.length);
  }

  byOrder(items) {
    const groups = new Map(this.doc.orders.map((number) => [number, { key: number, label: number || "No order", note: "", lanes: [] }]));
    for (const item of items) groups.get(item.order).lanes.push({ key: item.rack, label: item.rack, bars: [this.bar(item, item.steps, {})] });
    for (const group of groups.values()) group.note = `${group.lanes.length} ${group.lanes.length === 1 ? "rack" : "racks"}`;
    return [...groups.values()].filter((group) => group.lanes.length);
  }

  byCrew(items) {
    const found = this.doc.crews.map(() => []);
    for (const item of items) for (const step of item.steps) found[step.of.crew].push(this.bar(item, [step], { label: `${item.rack} ${step.of.code}`, late_min: 0, due: null }));
    return this.doc.crews.map(([key, label], at) => {
      const lanes = pack(found[at]).map((bars, row) => ({ key: `${key}:${row}`, label: String(row + 1), bars }));
      return { key, label, note: `${lanes.length} at once at most`, lanes };
    }).filter((group) => group.lanes.length);
  }

  // What takes of a strip in a minute: [{item, step, amount}], the most first.
  causes(strip, minute) {
    const out = [];
    for (const item of this.racks) {
      const last = item.steps.at(-1);
      if (item.steps[0].start > minute || last.end <= minute) continue;
      const amount = this.taken(strip, item, minute);
      if (amount) out.push(amount);
    }
    return out.sort((a, b) => b.amount - a.amount || (a.item.rack < b.item.rack ? -1 : 1));
  }

  taken(strip, item, minute) {
    const inBay = item.steps.filter((step) => step.of.session === "bay");
    if (strip.kind === "bays") {
      const holds = inBay.length && inBay[0].start <= minute && minute < inBay.at(-1).end;
      return holds ? { item, step: inBay.findLast((step) => step.start <= minute), amount: 1 } : null;
    }
    const step = item.steps.find((one) => one.start <= minute && minute < one.end);
    if (!step) return null;
    if (strip.kind === "people") {
      if (this.doc.crews[step.of.crew][0] !== strip.key) return null;
      if (step.drawn && phasesOf(step.of, step.start, step.end, step.drawn).some(([from, to, , kind]) => from <= minute && minute < to && kind === "standby")) return null;
      return { item, step, amount: step.of.eighths / 8 };
    }
    if (item.bay < 0 || step.of.session !== "bay" || !this.doc.bays[item.bay][3].includes(strip.key)) return null;
    const phase = phasesOf(step.of, step.start, step.end, step.drawn).find(([from, to]) => from <= minute && minute < to);
    if (!phase) return null;
    const share = strip.kind === "import" ? item.model.site_permille : strip.kind === "heat" ? item.model.liquid_permille : 1000;
    return { item, step, amount: Math.ceil((phase[2] * share) / 1000) };
  }

  // The strips shown at first: the import, the bays and who works in them.
  usualStrips(isNarrow) {
    const testers = new Set(this.doc.models.flatMap((model) => model.steps.filter((step) => step.session === "bay").map((step) => this.doc.crews[step.crew][0])));
    return this.strips.filter((strip) => strip.kind === "import" || (!isNarrow && (strip.kind === "bays" || (strip.kind === "people" && testers.has(strip.key))))).map((strip) => strip.key);
  }
}

// Data that is drawn as it comes (docs/components.md): groups with bars, load, limits and people.
export function plainStrips(data) {
  const strips = [];
  if (data.load?.length || data.limits?.length) strips.push({ key: "import", kind: "import", label: "Power", limit: new Stairs(data.limits ?? []), use: new Stairs(data.load ?? []), base: data.base?.length ? new Stairs(data.base) : null });
  for (const crew of data.people ?? []) strips.push({ key: crew.key, kind: "people", label: crew.label, limit: new Stairs(crew.roster), use: new Stairs(crew.use), base: null });
  return strips;
}
