// What is shown: lanes, strips, and what is looked for. Each choice is a link or a field; the address holds it.

export class Pick {
  constructor(gantt) {
    this.gantt = gantt;
    const { figure } = gantt;
    this.find = figure.querySelector("[data-gantt-find]");
    this.found = figure.querySelector("[data-gantt-found]");
    this.menu = figure.querySelector("[data-gantt-strips]");
    this.links = [...figure.querySelectorAll("[data-gantt-lanes]")];
    if (this.find) this.listen();
    this.buildStrips();
    this.mark();
  }

  listen() {
    const { gantt, find } = this;
    find.value = gantt.find;
    find.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => gantt.rebuild({ find: find.value }), 120);
    });
    find.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      clearTimeout(this.typing);
      gantt.rebuild({ find: find.value });
      const first = gantt.model.lanes.find((lane) => lane.bars.length)?.bars[0];
      if (!first) return;
      gantt.stage.focus({ preventScroll: true });
      gantt.select(first);
      gantt.focusBar(first);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
      event.preventDefault();
      find.focus();
    });
    for (const link of this.links) {
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        gantt.rebuild({ lanes: link.dataset.ganttLanes });
      });
    }
  }

  // Say what is chosen.
  mark() {
    const { gantt } = this;
    for (const link of this.links) {
      if (link.dataset.ganttLanes === gantt.lanes) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    if (!this.found || !gantt.source) return;
    const count = gantt.find.trim() ? gantt.source.matching(gantt.find).length : null;
    this.found.textContent = count === null ? "" : count === 1 ? "1 rack" : `${count.toLocaleString("en-GB")} racks`;
  }

  buildStrips() {
    const { gantt, menu } = this;
    if (!menu || !gantt.source) return;
    for (const strip of gantt.source.strips) {
      const row = document.createElement("div");
      row.className = "gantt__strip";
      const label = document.createElement("label");
      const box = document.createElement("input");
      box.type = "checkbox";
      box.checked = gantt.stripKeys.includes(strip.key);
      box.addEventListener("change", () => gantt.showStrip(strip.key, box.checked));
      label.append(box, ` ${strip.label}`);
      const peak = document.createElement("button");
      peak.type = "button";
      peak.className = "button button--quiet";
      peak.textContent = "Peak";
      peak.setAttribute("aria-label", `Peak of ${strip.label} in view`);
      peak.addEventListener("click", () => {
        if (!box.checked) {
          box.checked = true;
          gantt.showStrip(strip.key, true);
        }
        const read = gantt.source.strip(strip.key);
        gantt.causes.show(read, read.use.peak(Math.max(gantt.view.from, 0), gantt.view.to));
        menu.closest("details").open = false;
      });
      row.append(label, peak);
      menu.append(row);
    }
  }
}
