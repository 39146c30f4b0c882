// The plan by pointer and by key: every act of the one has its twin in the other.

const DRAG_FROM = 4;

export class Hands {
  constructor(gantt) {
    this.gantt = gantt;
    this.drag = null;
    const { stage } = gantt;
    stage.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    stage.addEventListener("pointerdown", (event) => this.onDown(event));
    stage.addEventListener("pointermove", (event) => this.onMove(event));
    stage.addEventListener("pointerup", (event) => this.onUp(event));
    stage.addEventListener("pointercancel", () => this.leaveDrag());
    stage.addEventListener("pointerleave", () => {
      if (!this.drag) gantt.showTip(null);
    });
    stage.addEventListener("keydown", (event) => this.onKey(event));
    stage.addEventListener("focus", () => this.onFocus());
  }

  leaveDrag() {
    this.drag = null;
    if (this.gantt.mover.ghost) this.gantt.mover.cancel();
  }

  onWheel(event) {
    const { view } = this.gantt;
    const x = event.clientX - this.gantt.stage.getBoundingClientRect().left;
    if (event.ctrlKey || event.metaKey) view.zoom(Math.exp(event.deltaY * 0.0025), view.minute(Math.max(x, view.left)));
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) view.pan((event.deltaX || event.deltaY) / view.scale);
    else return; // up and down scrolls the lanes, or the page where they all fit
    event.preventDefault();
    this.gantt.showTip(null);
    this.gantt.writeUrl();
    this.gantt.invalidate();
  }

  onDown(event) {
    if (event.button !== 0) return;
    const { bar, x } = this.gantt.hit(event);
    // What is chosen moves; everything else drags the view along.
    const isMove = bar && bar === this.gantt.selected && this.gantt.mover.isAble;
    this.drag = { x: event.clientX, from: this.gantt.view.from, moved: false, bar: isMove ? bar : null, at: x };
  }

  onMove(event) {
    if (!this.drag) {
      const { bar, x, y, row, strip } = this.gantt.hit(event);
      const isMovable = bar && bar === this.gantt.selected && this.gantt.mover.isAble;
      this.gantt.stage.style.cursor = isMovable ? "grab" : bar || (row && row.kind !== "lane") || (strip && this.gantt.source) ? "pointer" : "";
      if (bar || this.gantt.hovered) this.gantt.showTip(bar ?? null, x, y);
      return;
    }
    const moved = event.clientX - this.drag.x;
    if (!this.drag.moved && Math.abs(moved) < DRAG_FROM) return;
    if (!this.drag.moved) this.gantt.stage.setPointerCapture(event.pointerId);
    if (this.drag.bar) {
      const box = this.gantt.stage.getBoundingClientRect();
      if (!this.drag.moved) this.gantt.mover.begin(this.drag.bar, this.drag.at);
      this.drag.moved = true;
      this.gantt.mover.drag(event.clientX - box.left, event.clientY - box.top);
      return;
    }
    this.drag.moved = true;
    this.gantt.showTip(null);
    const from = this.drag.from - moved / this.gantt.view.scale;
    this.gantt.view.show(from, from + this.gantt.view.span);
    this.gantt.invalidate();
  }

  onUp(event) {
    const { drag } = this;
    this.drag = null;
    if (!drag) return;
    if (drag.bar && drag.moved) {
      if (this.gantt.mover.ghost) this.gantt.mover.drop();
      return;
    }
    if (drag.moved) {
      this.gantt.writeUrl();
      return;
    }
    const { bar, row, strip, x } = this.gantt.hit(event);
    if (bar) this.gantt.select(bar);
    else if (strip && x >= this.gantt.view.left) this.gantt.causes.show(strip, this.gantt.view.minute(x));
    else if (row && row.kind !== "lane") this.gantt.fold(row.group, !row.group.folded);
  }

  onFocus() {
    if (!this.gantt.stage.matches(":focus-visible")) return;
    const middle = this.gantt.view.minute(this.gantt.view.left + 40);
    const lane = this.gantt.focused?.lane ?? this.gantt.model.lanes.find((candidate) => candidate.bars.length);
    this.gantt.focusBar(this.gantt.focused ?? (lane && this.gantt.model.nearest(lane, middle)));
  }

  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const bar = this.gantt.focused;
    const beside = (step) => bar && this.gantt.focusBar(bar.lane.bars[bar.index + step]);
    const keys = {
      ArrowRight: () => (event.shiftKey ? this.gantt.act("later") : beside(1)),
      ArrowLeft: () => (event.shiftKey ? this.gantt.act("earlier") : beside(-1)),
      ArrowDown: () => this.moveLane(1),
      ArrowUp: () => this.moveLane(-1),
      Home: () => bar && this.gantt.focusBar(bar.lane.bars[0]),
      End: () => bar && this.gantt.focusBar(bar.lane.bars.at(-1)),
      "+": () => this.gantt.act("in"),
      "=": () => this.gantt.act("in"),
      "-": () => this.gantt.act("out"),
      0: () => this.gantt.act("all"),
      n: () => this.gantt.act("now"),
      f: () => bar && this.gantt.fold(bar.group, !bar.group.folded),
      m: () => bar && this.gantt.mover.isAble && this.gantt.mover.open(new URLSearchParams({ rack: bar.rack, step: bar.step })),
      Enter: () => bar && this.gantt.select(bar),
      " ": () => bar && this.gantt.select(bar),
      Escape: () => this.leave(),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }

  // One step out: of a move, of a hint, of a peak, of what is chosen.
  leave() {
    if (this.gantt.mover.ghost) this.leaveDrag();
    else if (!this.gantt.tip.hidden) this.gantt.showTip(null);
    else if (this.gantt.causes.peak) this.gantt.causes.show(null);
    else this.gantt.select(null);
  }

  moveLane(step) {
    const { focused, model } = this.gantt;
    if (!focused) return;
    const middle = Math.min(Math.max((focused.start + focused.end) / 2, this.gantt.view.from), this.gantt.view.to);
    for (let at = focused.lane.order + step; model.lanes[at]; at += step) {
      const bar = model.nearest(model.lanes[at], middle);
      if (bar) {
        this.gantt.focusBar(bar);
        return;
      }
    }
  }
}
