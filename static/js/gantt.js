// The plan over time: lanes of bars, load strips on the same axis. Markup and data: docs/components.md.
// Every drag has a button, every pointer act a key; what the pointer tells, the live region tells too.

import { paintLanes } from "./gantt/lanes.js";
import { Model } from "./gantt/model.js";
import { paintAxis, paintGround, paintOverlay, paintStrips, stripsHeight } from "./gantt/strips.js";
import { Clock } from "./gantt/time.js";
import { hatch, readTokens } from "./gantt/tokens.js";
import { View } from "./gantt/view.js";
import { fillPanel, fillTip, spoken } from "./gantt/words.js";

const AXIS = 36;
const WIDE_SPAN = 5 * 1440;
const NARROW_SPAN = 36 * 60;
const DRAG_FROM = 4;
const LEAST_LANES = 160;
const MOST_FOLD_BUTTONS = 8; // more groups are folded on their own row, or by F

class Gantt {
  constructor(figure, data) {
    this.figure = figure;
    this.stage = figure.querySelector("[data-gantt-stage]");
    this.canvas = this.stage.querySelector("canvas");
    this.tip = figure.querySelector("[data-gantt-tip]");
    this.say = figure.querySelector("[data-gantt-say]");
    this.panel = document.querySelector(figure.dataset.panel || "[data-gantt-panel]");
    this.context = this.canvas.getContext("2d");
    this.data = data;
    this.clock = new Clock(data.epoch, data.zone, data.now_min);
    this.model = new Model(data);
    this.widths = new Map();
    this.readUrl();
    this.readTheme();
    this.buildFolds();
    this.listen();
    this.resize();
    // A page that rendered the chosen rack's panel keeps its own.
    if (this.selected && this.panel?.hidden) this.fillPanel(this.selected);
  }

  // The URL holds the whole state of the view.
  readUrl() {
    const query = new URLSearchParams(location.search);
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
      this.model.layOut();
    }
    this.selected = this.model.byRack.get(query.get("rack")) ?? null;
    this.focused = this.selected;
  }

  writeUrl() {
    clearTimeout(this.writing);
    this.writing = setTimeout(() => {
      const url = new URL(location.href);
      const put = (name, value) => (value ? url.searchParams.set(name, value) : url.searchParams.delete(name));
      put("rack", this.selected?.rack);
      put("from", String(Math.round(this.view.from)));
      put("to", String(Math.round(this.view.to)));
      if (this.refolded) url.searchParams.set("fold", this.data.groups.filter((group) => group.folded).map((group) => group.key).join(","));
      history.replaceState(history.state, "", url);
    }, 200);
  }

  readTheme() {
    this.tokens = readTokens(this.figure);
    const t = this.tokens;
    const ratio = devicePixelRatio || 1;
    this.paints = {
      body: t["steel-1"], past: t["steel-2"], sky: t["steel-3"], never: t["steel-5"], rework: t.limit.rework,
      derated: hatch(this.context, ratio, { ground: t["steel-2"], stripe: t.limit.curtailment, size: 4, weight: 1.1 }),
      forbidden: hatch(this.context, ratio, { ground: "", stripe: t.limit.curtailment, size: 6, weight: 1 }),
    };
    this.widths.clear();
    this.invalidate();
  }

  measure(words) {
    let width = this.widths.get(words);
    if (width === undefined) this.widths.set(words, (width = this.context.measureText(words).width));
    return width;
  }

  resize() {
    const strips = stripsHeight(this.data);
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
    const { context, view } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.textBaseline = "alphabetic";
    context.fillStyle = this.tokens.surface;
    context.fillRect(0, 0, view.width, this.height);
    const frame = {
      view, ratio, data: this.data, clock: this.clock, tokens: this.tokens, paints: this.paints, now: this.data.now_min, peak: this.model.peak, powerTop: this.model.powerTop, over: this.model.over,
      selected: this.selected, focused: this.focused, hasFocus: this.stage.matches(":focus-visible"), scroll: this.stage.scrollTop,
      laneTop: AXIS, laneBottom: this.laneBottom, measure: (words) => this.measure(words),
    };
    paintGround(context, frame, this.height);
    paintLanes(context, frame, this.model);
    paintStrips(context, frame, this.laneBottom);
    paintAxis(context, frame);
    paintOverlay(context, frame, this.height - 6);
    this.stage.dataset.painted = String(Number(this.stage.dataset.painted ?? 0) + 1);
    performance.measure("gantt:paint", { start: started, end: performance.now() });
  }

  // What lies under a point of the stage: a row, and its bar if any.
  hit(event) {
    const box = this.stage.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    if (y < AXIS || y > this.laneBottom) return { x, y };
    const row = this.model.rowAt(y - AXIS + this.stage.scrollTop);
    if (!row || row.kind !== "lane" || x < this.view.left) return { x, y, row };
    return { x, y, row, bar: this.model.barAt(row.lane, this.view.minute(x), 3 / this.view.scale) };
  }

  showTip(bar, x, y) {
    this.hovered = bar;
    this.tip.hidden = !bar;
    if (!bar) return;
    fillTip(this.tip, bar, this.clock);
    const [width, height] = [this.tip.offsetWidth, this.tip.offsetHeight];
    const left = Math.min(Math.max(x + 14, 4), this.stage.clientWidth - width - 4);
    const top = y + 18 + height > this.height ? y - height - 12 : y + 18;
    this.tip.style.translate = `${left}px ${Math.max(top, 0)}px`;
  }

  focusBar(bar) {
    if (!bar) return;
    this.focused = bar;
    this.view.reveal(bar.start, bar.end);
    const { row } = bar.lane;
    const room = this.laneBottom - AXIS;
    if (row.y < this.stage.scrollTop) this.stage.scrollTop = row.y;
    else if (row.y + row.height > this.stage.scrollTop + room) this.stage.scrollTop = row.y + row.height - room;
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
    stage.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    stage.addEventListener("pointerdown", (event) => this.onDown(event));
    stage.addEventListener("pointermove", (event) => this.onMove(event));
    stage.addEventListener("pointerup", (event) => this.onUp(event));
    stage.addEventListener("pointercancel", () => (this.drag = null));
    stage.addEventListener("pointerleave", () => this.showTip(null));
    stage.addEventListener("keydown", (event) => this.onKey(event));
    stage.addEventListener("focus", () => this.onFocus());
    stage.addEventListener("blur", () => {
      this.showTip(null);
      this.invalidate();
    });
    new ResizeObserver(() => this.resize()).observe(stage.parentElement);
    new MutationObserver(() => this.readTheme()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.readTheme());
    addEventListener("beforeprint", () => this.printIn("light"));
    addEventListener("afterprint", () => this.printIn(this.before));
    document.fonts?.ready.then(() => this.readTheme());
    document.addEventListener("click", (event) => {
      if (event.target.closest("[data-gantt-close]")) this.select(null);
    });
  }

  printIn(theme) {
    const root = document.documentElement;
    this.before = root.dataset.theme;
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    this.readTheme();
    this.paint();
  }

  onWheel(event) {
    const { view } = this;
    const x = event.clientX - this.stage.getBoundingClientRect().left;
    if (event.ctrlKey || event.metaKey) view.zoom(Math.exp(event.deltaY * 0.0025), view.minute(Math.max(x, view.left)));
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) view.pan((event.deltaX || event.deltaY) / view.scale);
    else return; // up and down scrolls the lanes, or the page where they all fit
    event.preventDefault();
    this.showTip(null);
    this.writeUrl();
    this.invalidate();
  }

  onDown(event) {
    if (event.button !== 0) return;
    this.drag = { x: event.clientX, from: this.view.from, moved: false };
  }

  onMove(event) {
    if (!this.drag) {
      const { bar, x, y, row } = this.hit(event);
      this.stage.style.cursor = bar || (row && row.kind !== "lane") ? "pointer" : "";
      if (bar || this.hovered) this.showTip(bar ?? null, x, y);
      return;
    }
    const moved = event.clientX - this.drag.x;
    if (!this.drag.moved && Math.abs(moved) < DRAG_FROM) return;
    if (!this.drag.moved) this.stage.setPointerCapture(event.pointerId);
    this.drag.moved = true;
    this.showTip(null);
    const from = this.drag.from - moved / this.view.scale;
    this.view.show(from, from + this.view.span);
    this.invalidate();
  }

  onUp(event) {
    const { drag } = this;
    this.drag = null;
    if (!drag) return;
    if (drag.moved) {
      this.writeUrl();
      return;
    }
    const { bar, row } = this.hit(event);
    if (bar) this.select(bar);
    else if (row && row.kind !== "lane") this.fold(row.group, !row.group.folded);
  }

  onFocus() {
    if (!this.stage.matches(":focus-visible")) return;
    const middle = this.view.minute(this.view.left + 40);
    const lane = this.focused?.lane ?? this.model.lanes.find((candidate) => candidate.bars.length);
    this.focusBar(this.focused ?? (lane && this.model.nearest(lane, middle)));
  }

  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const bar = this.focused;
    const beside = (step) => bar && this.focusBar(bar.lane.bars[bar.index + step]);
    const keys = {
      ArrowRight: () => (event.shiftKey ? this.act("later") : beside(1)),
      ArrowLeft: () => (event.shiftKey ? this.act("earlier") : beside(-1)),
      ArrowDown: () => this.moveLane(1),
      ArrowUp: () => this.moveLane(-1),
      Home: () => bar && this.focusBar(bar.lane.bars[0]),
      End: () => bar && this.focusBar(bar.lane.bars.at(-1)),
      "+": () => this.act("in"),
      "=": () => this.act("in"),
      "-": () => this.act("out"),
      0: () => this.act("all"),
      n: () => this.act("now"),
      f: () => bar && this.fold(bar.group, !bar.group.folded),
      Enter: () => bar && this.select(bar),
      " ": () => bar && this.select(bar),
      Escape: () => (this.tip.hidden ? this.select(null) : this.showTip(null)),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }

  moveLane(step) {
    const { focused, model } = this;
    if (!focused) return;
    const middle = Math.min(Math.max((focused.start + focused.end) / 2, this.view.from), this.view.to);
    for (let at = focused.lane.order + step; model.lanes[at]; at += step) {
      const bar = model.nearest(model.lanes[at], middle);
      if (bar) {
        this.focusBar(bar);
        return;
      }
    }
  }
}

async function readData(figure) {
  if (figure.dataset.json) return JSON.parse(document.getElementById(figure.dataset.json).textContent);
  const answer = await fetch(figure.dataset.src, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The plan's data answered ${answer.status}.`);
  return answer.json();
}

for (const figure of document.querySelectorAll("[data-gantt]")) {
  const started = performance.now();
  readData(figure)
    .then((data) => {
      figure.querySelector("[data-gantt-wait]").hidden = true;
      figure.querySelector("[data-gantt-stage]").hidden = false;
      figure.gantt = new Gantt(figure, data);
      performance.measure("gantt:first-paint", { start: started, end: performance.now() });
    })
    .catch((error) => {
      figure.querySelector("[data-gantt-wait]").hidden = true;
      figure.querySelector("[data-gantt-failed]").hidden = false;
      console.error(error);
    });
}
