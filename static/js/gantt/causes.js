// What fills a strip in a minute: its bars lit, and a list to go through.

const MOST = 60;

export class Causes {
  constructor(gantt) {
    this.gantt = gantt;
    this.box = gantt.figure.querySelector("[data-gantt-cause]");
    this.peak = null;
    this.items = null;
    this.box?.addEventListener("click", (event) => {
      if (event.target.closest("[data-close]")) this.show(null);
      const button = event.target.closest("[data-rack]");
      if (button) gantt.jump(button.dataset.rack);
    });
  }

  show(strip, minute) {
    const { gantt } = this;
    if (!this.box || !gantt.source) return;
    this.peak = strip && { key: strip.key, minute: Math.round(minute) };
    const found = strip ? gantt.source.causes(strip, this.peak.minute) : [];
    this.items = strip ? new Set(found.map((one) => one.item)) : null;
    this.box.hidden = !strip;
    if (strip) this.fill(strip, found);
    gantt.writeUrl();
    gantt.resizeSoon();
  }

  fill(strip, found) {
    const { clock } = this.gantt;
    const isPower = !["people", "bays"].includes(strip.kind);
    const say = (amount) => (isPower ? `${Math.round(amount / 1000).toLocaleString("en-GB")}\u00a0kW` : String(Math.round(amount * 10) / 10));
    const title = document.createElement("p");
    title.className = "gantt__cause-title";
    const owner = strip.owner ? ` ${strip.owner} owns this limit.` : "";
    title.textContent = `${strip.label}, ${clock.moment(this.peak.minute)}: ${say(strip.use.at(this.peak.minute))} of ${say(strip.limit.at(this.peak.minute))}, by ${found.length} ${found.length === 1 ? "rack" : "racks"}.${owner}`;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "button button--quiet";
    close.dataset.close = "";
    close.textContent = "Close";
    const list = document.createElement("ul");
    list.className = "gantt__cause-list";
    for (const { item, step, amount } of found.slice(0, MOST)) {
      const row = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.rack = item.rack;
      button.textContent = `${item.rack} ${step.of.code}, ${say(amount)}`;
      row.append(button);
      list.append(row);
    }
    if (found.length > MOST) {
      const more = document.createElement("li");
      more.textContent = `and ${found.length - MOST} more`;
      list.append(more);
    }
    this.box.replaceChildren(title, close, list);
    this.gantt.say.textContent = title.textContent;
  }
}
