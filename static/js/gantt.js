// The plan over time: lanes of bars, load strips on the same axis. Markup and data: docs/components.md.
// Every drag has a button, every pointer act a key; what the pointer tells, the live region tells too.

import { Causes } from "./gantt/causes.js";
import { listenToUndo, waitForMending, watchNews } from "./gantt/desk.js";
import { Source, plainStrips } from "./gantt/expand.js";
import { Hands } from "./gantt/hands.js";
import { paintGhost, paintLanes } from "./gantt/lanes.js";
import { Model } from "./gantt/model.js";
import { Mover } from "./gantt/mover.js";
import { Pick } from "./gantt/pick.js";
import { listenToSaves } from "./gantt/save.js";
import { paintAxis, paintGround, paintOverlay, paintStrips, stripAt, stripsHeight } from "./gantt/strips.js";
import { Clock } from "./gantt/time.js";
import { hatch, readTokens } from "./gantt/tokens.js";
import { Twin } from "./gantt/twin.js";
import { View } from "./gantt/view.js";
import { fillLines, fillPanel, fillTip, spoken } from "./gantt/words.js";

const AXIS = 36;
const WIDE_SPAN = 5 * 1440;
const NARROW_SPAN = 36 * 60;
const LEAST_LANES = 160;
const MOST_FOLD_BUTTONS = 4; // more groups are folded on their own row, or by F
const LANES = ["bay", "rack", "order", "crew"];
const TICK_MS = 30000;

class Gantt {
  constructor(figure, data) {
    this.figure = figure;
    this.stage = figure.querySelector("[data-gantt-stage]");
    this.canvas = this.stage.querySelector("canvas");
    this.tip = figure.querySelector("[data-gantt-tip]");
    this.say = figure.querySelector("[data-gantt-say]");
    this.panel = document.querySelector(figure.dataset.panel || "[data-gantt-panel]");
    this.context = this.canvas.getContext("2d", { alpha: false });
    const query = new URLSearchParams(location.search);
    this.source = data.version ? new Source(data, figure.dataset.orderUrl) : null;
    this.find = this.source ? query.get("find") ?? "" : "";
    this.lanes = LANES.includes(query.get("lanes")) ? query.get("lanes") : "bay";
    this.data = this.source ? this.shown(data) : data;
    this.clock = new Clock(data.epoch, data.zone, this.data.now_min);
    this.readStrips(query);
    this.model = new Model(this.data);
    this.widths = new Map();
    this.causes = new Causes(this);
    this.mover = new Mover(this);
    this.readUrl(query);
    this.readTheme();
    this.pick = new Pick(this);
    this.twin = new Twin(this);
    this.hands = new Hands(this);
    this.buildFolds();
    this.listen();
    this.resize();
    this.readPeak(query);
    if (this.selected && !query.has("from")) this.reveal(this.selected);
    // A page that rendered the chosen rack's panel keeps its own.
    if (this.selected && this.panel?.hidden) this.fillPanel(this.selected);
  }

  // The plan's data with lanes for this view; the present is the clock's, the fence goes with it.
  shown(data) {
    const now = Math.floor(Date.now() / 60000) - Math.round(Date.parse(data.epoch) / 60000);
    return { ...data, now_min: now, fence_min: now + data.fence_min, from_min: Math.min(0, now), to_min: Math.max(data.to_min, now + 60), groups: this.source.groups(this.lanes, this.find) };
  }

  readStrips(query) {
    if (!this.source) {
      this.strips = plainStrips(this.data);
      return;
    }
    const usual = this.source.usualStrips(this.stage.clientWidth < 560);
    this.stripKeys = query.has("strips") ? query.get("strips").split(",") : usual;
    this.strips = this.source.strips.filter((strip) => this.stripKeys.includes(strip.key)).map((strip) => this.source.strip(strip.key));
  }

  showStrip(key, isShown) {
    this.stripKeys = isShown ? [...this.stripKeys, key] : this.stripKeys.filter((other) => other !== key);
    this.restripped = true;
    this.strips = this.source.strips.filter((strip) => this.stripKeys.includes(strip.key)).map((strip) => this.source.strip(strip.key));
    if (!isShown && this.causes.peak?.key === key) this.causes.show(null);
    this.resize();
    this.writeUrl();
  }

  // Other lanes, or other racks in them; what is chosen stays chosen where it is still shown.
  rebuild({ lanes = this.lanes, find = this.find }) {
    if (lanes === this.lanes && find === this.find) return;
    const { selected } = this;
    const isOther = lanes !== this.lanes;
    Object.assign(this, { lanes, find });
    if (isOther) this.refolded = false;
    this.data.groups = this.source.groups(lanes, find);
    this.model = new Model(this.data);
    this.selected = selected ? this.model.byStep.get(`${selected.rack} ${selected.step}`) ?? this.model.byRack.get(selected.rack) ?? null : null;
    this.focused = this.selected;
    this.foldButtons = null;
    this.figure.querySelector("[data-gantt-folds]")?.replaceChildren();
    this.buildFolds();
    this.stage.scrollTop = 0;
    this.showTip(null);
    this.pick.mark();
    this.resize();
    this.writeUrl();
  }

  // The URL holds the whole state of the view.
  readUrl(query) {
    const [first, last] = [this.data.from_min, this.data.to_min];
    this.view = new View(first, last);
    const [from, to] = [Number(query.get("from")), Number(query.get("to"))];
    if (query.has("from") && query.has("to") && to > from) {
      this.view.show(from, to);
    } else {
      const span = this.stage.clientWidth < 560 ? NARROW_SPAN : WIDE_SPAN;
      if (last - first > span) this.view.show(this.data.now_min - span * 0.12, this.data.now_min + span * 0.88);
    }
    if (query.has("fold")) {
      const folded = new Set(query.get("fold").split(","));
      for (const group of this.data.groups) group.folded = folded.has(String(group.key));
      this.refolded = true;
      this.model.layOut();
    }
    const rack = query.get("rack");
    this.selected = this.model.byStep.get(`${rack} ${query.get("step")}`) ?? this.model.byRack.get(rack) ?? null;
    this.focused = this.selected;
  }

  readPeak(query) {
    const [, key, minute] = /^(.+)@(-?\d+)$/.exec(query.get("peak") ?? "") ?? [];
    if (key && this.source?.strip(key)) this.causes.show(this.source.strip(key), Number(minute));
  }

  // This view's address.
  address() {
    const url = new URL(location.href);
    const put = (name, value) => (value ? url.searchParams.set(name, value) : url.searchParams.delete(name));
    put("rack", this.selected?.rack);
    put("step", this.selected && this.lanes !== "bay" && this.lanes !== "order" ? this.selected.step : "");
    put("from", String(Math.round(this.view.from)));
    put("to", String(Math.round(this.view.to)));
    put("lanes", this.lanes === "bay" ? "" : this.lanes);
    put("find", this.find.trim());
    put("peak", this.causes.peak ? `${this.causes.peak.key}@${this.causes.peak.minute}` : "");
    if (this.restripped) url.searchParams.set("strips", this.stripKeys.join(","));
    const folded = this.data.groups.filter((group) => group.folded).map((group) => group.key);
    if (this.refolded && folded.length) url.searchParams.set("fold", folded.join(","));
    else if (this.refolded || !url.searchParams.has("fold")) url.searchParams.delete("fold");
    return url;
  }

  writeUrl() {
    clearTimeout(this.writing);
    this.writing = setTimeout(() => {
      history.replaceState(history.state, "", this.address());
      this.twin.follow();
    }, 200);
  }

  readTheme() {
    this.tokens = readTokens(this.figure);
    const t = this.tokens;
    const ratio = devicePixelRatio || 1;
    this.hatches = [
      { name: "derated", ground: t["steel-2"], stripe: t.limit.curtailment, size: 4, weight: 1.1 },
      { name: "forbidden", ground: "", stripe: t.limit.curtailment, size: 6, weight: 1 },
    ];
    this.paints = { body: t["steel-1"], past: t["steel-2"], sky: t["steel-3"], never: t["steel-5"], rework: t.limit.rework };
    for (const one of this.hatches) this.paints[one.name] = hatch(this.context, ratio, one);
    this.widths.clear();
    this.invalidate();
  }

  measure(words) {
    let width = this.widths.get(words);
    if (width === undefined) this.widths.set(words, (width = this.context.measureText(words).width));
    return width;
  }

  resize() {
    const strips = stripsHeight(this.strips);
    this.whole = AXIS + this.model.height + strips;
    const room = Math.max(this.stage.dataset.full === undefined ? innerHeight * 0.78 : Infinity, AXIS + strips + LEAST_LANES);
    this.height = Math.min(this.whole, Math.round(room));
    this.stage.style.blockSize = `${this.height}px`;
    this.spacer ??= this.stage.querySelector("[data-gantt-spacer]");
    this.spacer.style.blockSize = `${this.whole}px`;
    const width = this.stage.clientWidth;
    const ratio = devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.canvas.style.inlineSize = `${width}px`;
    this.canvas.style.blockSize = `${this.height}px`;
    this.view.resize(width);
    this.laneBottom = this.height - strips;
    this.paint();
  }

  invalidate() {
    if (this.pending || !this.laneBottom) return;
    this.pending = requestAnimationFrame(() => this.paint());
  }

  paint() {
    this.pending = 0;
    const started = performance.now();
    const ratio = devicePixelRatio || 1;
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.paintOn(this.context, ratio);
    this.stage.dataset.painted = String(Number(this.stage.dataset.painted ?? 0) + 1);
    performance.measure("gantt:paint", { start: started, end: performance.now() });
  }

  // All that is shown, on a canvas or on what writes SVG.
  paintOn(context, ratio) {
    const { view } = this;
    context.textBaseline = "alphabetic";
    context.fillStyle = this.tokens.surface;
    context.fillRect(0, 0, view.width, this.height);
    const frame = {
      view, ratio, data: this.data, strips: this.strips, clock: this.clock, tokens: this.tokens, paints: this.paints, now: this.data.now_min, peak: this.model.peak,
      selected: this.selected, focused: this.focused, hasFocus: this.stage.matches(":focus-visible"), scroll: this.stage.scrollTop, causes: this.causes.items, peak_at: this.causes.peak,
      laneTop: AXIS, laneBottom: this.laneBottom, measure: (words) => this.measure(words),
    };
    paintGround(context, frame, this.height);
    paintLanes(context, frame, this.model);
    if (this.mover.ghost) paintGhost(context, frame, this.mover.ghost);
    paintStrips(context, frame, this.laneBottom);
    paintAxis(context, frame);
    paintOverlay(context, frame, this.height - 6);
  }

  rowAt(y) {
    return y < AXIS || y > this.laneBottom ? null : this.model.rowAt(y - AXIS + this.stage.scrollTop);
  }

  // What lies under a point of the stage: a row, and its bar if any; or a strip.
  hit(event) {
    const box = this.stage.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    if (y > this.laneBottom) return { x, y, strip: stripAt(this.strips, y - this.laneBottom) };
    if (y < AXIS) return { x, y };
    const row = this.model.rowAt(y - AXIS + this.stage.scrollTop);
    if (!row || row.kind !== "lane" || x < this.view.left) return { x, y, row };
    return { x, y, row, bar: this.model.barAt(row.lane, this.view.minute(x), 3 / this.view.scale) };
  }

  showTip(bar, x, y) {
    this.hovered = bar;
    this.tip.hidden = !bar;
    if (!bar) return;
    fillTip(this.tip, bar, this.clock);
    this.placeTip(x, y);
  }

  // The server's word on a move, beside the ghost.
  showMoving(ghost, lines) {
    this.tip.hidden = false;
    fillLines(this.tip, `${ghost.bar.label ?? ghost.bar.rack} · ${this.clock.moment(ghost.start)}${ghost.bay ? ` · ${ghost.bay}` : ""}`, lines, ghost.state === "no");
    this.placeTip(this.view.x(ghost.start), AXIS + ghost.row.y - this.stage.scrollTop);
  }

  placeTip(x, y) {
    const [width, height] = [this.tip.offsetWidth, this.tip.offsetHeight];
    const left = Math.min(Math.max(x + 14, 4), this.stage.clientWidth - width - 4);
    const top = y + 18 + height > this.height ? y - height - 12 : y + 18;
    this.tip.style.translate = `${left}px ${Math.max(top, 0)}px`;
  }

  // Bring a bar into sight, in time and among the lanes.
  reveal(bar) {
    this.view.reveal(bar.start, bar.end);
    const { row } = bar.lane;
    const room = this.laneBottom - AXIS;
    if (row.y < this.stage.scrollTop) this.stage.scrollTop = row.y;
    else if (row.y + row.height > this.stage.scrollTop + room) this.stage.scrollTop = row.y + row.height - room;
  }

  focusBar(bar) {
    if (!bar) return;
    this.focused = bar;
    this.reveal(bar);
    const { row } = bar.lane;
    this.say.textContent = spoken(bar, this.clock);
    this.showTip(bar, this.view.x(Math.max(bar.start, this.view.from)), AXIS + row.y - this.stage.scrollTop);
    this.writeUrl();
    this.invalidate();
  }

  select(bar) {
    this.selected = bar;
    if (bar) this.focused = bar;
    this.say.textContent = bar ? `${spoken(bar, this.clock)} Selected.` : "Nothing selected.";
    this.figure.dispatchEvent(new CustomEvent("gantt:select", { bubbles: true, detail: bar && { rack: bar.rack, url: bar.url } }));
    this.fillPanel(bar);
    this.writeUrl();
    this.invalidate();
  }

  async fillPanel(bar) {
    if (!this.panel) return;
    this.panel.hidden = !bar;
    this.resizeSoon();
    if (!bar) return;
    fillPanel(this.panel, bar, this.clock);
    const source = this.figure.dataset.panelSrc;
    if (!source) return;
    const url = new URL(source, location.href);
    url.searchParams.set("rack", bar.rack);
    const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" } }).catch(() => null);
    if (!answer?.ok || this.selected !== bar) return;
    this.panel.innerHTML = await answer.text();
    window.htmx?.process(this.panel);
  }

  // Show a rack wherever it is, and choose it.
  jump(rack) {
    if (!this.model.byRack.has(rack)) this.rebuild({ find: "" });
    const bar = this.model.byRack.get(rack);
    if (!bar) return;
    if (bar.group.folded) this.fold(bar.group, false);
    this.select(bar);
    this.focusBar(bar);
  }

  resizeSoon() {
    requestAnimationFrame(() => this.resize());
  }

  fold(group, folded) {
    this.refolded = true;
    this.model.fold(group, folded);
    this.buildFolds();
    this.resize();
    this.writeUrl();
  }

  buildFolds() {
    const list = this.figure.querySelector("[data-gantt-folds]");
    if (!list || this.data.groups.length < 2 || this.data.groups.length > MOST_FOLD_BUTTONS) return;
    this.foldButtons ??= this.data.groups.map((group) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "gantt__fold";
      button.textContent = group.label;
      button.addEventListener("click", () => this.fold(group, !group.folded));
      return button;
    });
    this.foldButtons.forEach((button, at) => button.setAttribute("aria-pressed", String(!this.data.groups[at].folded)));
    if (!list.childElementCount) list.append(...this.foldButtons);
  }

  act(name, minutes) {
    const { view } = this;
    const span = view.span;
    if (name === "earlier") view.pan(-span / 2);
    if (name === "later") view.pan(span / 2);
    if (name === "in") view.zoom(0.5);
    if (name === "out") view.zoom(2);
    if (name === "all") view.show(...view.limits);
    if (name === "now") view.show(this.data.now_min - span * 0.12, this.data.now_min + span * 0.88);
    if (name === "span") view.show(this.data.now_min - minutes * 0.12, this.data.now_min + minutes * 0.88);
    this.showTip(null);
    this.writeUrl();
    this.invalidate();
  }

  listen() {
    const { stage } = this;
    this.figure.addEventListener("click", (event) => {
      const button = event.target.closest("[data-gantt-do]");
      if (button) this.act(button.dataset.ganttDo, Number(button.dataset.minutes));
    });
    stage.addEventListener("scroll", () => this.invalidate(), { passive: true });
    stage.addEventListener("blur", () => {
      this.showTip(null);
      this.invalidate();
    });
    new ResizeObserver(() => this.resize()).observe(stage.parentElement);
    new MutationObserver(() => this.readTheme()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.readTheme());
    addEventListener("beforeprint", () => this.printIn("light"));
    addEventListener("afterprint", () => this.printIn(this.before));
    listenToSaves(this);
    if (this.source) setInterval(() => this.tick(), TICK_MS);
    document.fonts?.ready.then(() => this.readTheme());
    document.addEventListener("click", (event) => {
      if (event.target.closest("[data-gantt-close]")) this.select(null);
    });
  }

  // The present goes on, and the fence with it.
  tick() {
    const now = Math.floor(Date.now() / 60000) - this.clock.epoch;
    this.data.fence_min += now - this.data.now_min;
    this.data.now_min = now;
    this.clock.now = now;
    if (!document.hidden) this.invalidate();
  }

  printIn(theme) {
    const root = document.documentElement;
    this.before = root.dataset.theme;
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    this.readTheme();
    this.paint();
  }
}

async function readData(figure) {
  if (figure.dataset.json) return JSON.parse(document.getElementById(figure.dataset.json).textContent);
  const answer = await fetch(figure.dataset.src, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The plan's data answered ${answer.status}.`);
  const text = await answer.text();
  figure.arrived = performance.now();
  return JSON.parse(text);
}

for (const figure of document.querySelectorAll("[data-gantt]")) {
  const started = performance.now();
  readData(figure)
    .then((data) => {
      figure.querySelector("[data-gantt-wait]").hidden = true;
      figure.querySelector("[data-gantt-stage]").hidden = false;
      figure.gantt = new Gantt(figure, data);
      performance.measure("gantt:first-paint", { start: started, end: performance.now() });
      performance.measure("gantt:after-data", { start: figure.arrived ?? started, end: performance.now() });
    })
    .catch((error) => {
      figure.querySelector("[data-gantt-wait]").hidden = true;
      figure.querySelector("[data-gantt-failed]").hidden = false;
      console.error(error);
    });
}

waitForMending();
watchNews();
listenToUndo();
