// Moving a bar: the ghost, the server's word while it moves, and the dialog where it is let go. The dialog alone does the same.

const SNAP = 15;

export class Mover {
  constructor(gantt) {
    this.gantt = gantt;
    this.checkUrl = gantt.figure.dataset.checkSrc ?? "";
    this.moveUrl = gantt.figure.dataset.moveSrc ?? "";
    this.dialog = document.querySelector("[data-gantt-dialog]");
    this.ghost = null;
    if (this.dialog) this.listen();
  }

  get isAble() {
    return Boolean(this.checkUrl && this.dialog);
  }

  begin(bar, x) {
    const { view } = this.gantt;
    this.ghost = { bar, row: bar.lane.row, start: bar.start, length: bar.end - bar.start, grip: view.minute(x) - bar.start, bay: "", state: "" };
  }

  // The bar follows the pointer in quarters of an hour, and in lanes where those are bays.
  drag(x, y) {
    const { ghost, gantt } = this;
    const start = Math.round((gantt.view.minute(x) - ghost.grip) / SNAP) * SNAP;
    const row = gantt.lanes === "bay" ? gantt.rowAt(y) : null;
    const lane = row?.kind === "lane" ? row : ghost.row;
    if (start === ghost.start && lane === ghost.row) return;
    ghost.start = start;
    ghost.row = lane;
    ghost.bay = lane === ghost.bar.lane.row || !lane.lane.code ? "" : lane.lane.code;
    ghost.state = "";
    this.ask();
    gantt.invalidate();
  }

  query(ghost) {
    const query = new URLSearchParams({ rack: ghost.bar.rack, step: ghost.bar.step });
    query.set("starts_at", new Date((this.gantt.clock.epoch + ghost.start) * 60000).toISOString());
    if (ghost.bay) query.set("bay", ghost.bay);
    return query;
  }

  // One question at a time; the newest place is asked next.
  async ask() {
    if (this.asking) {
      this.again = true;
      return;
    }
    const { ghost } = this;
    if (!ghost) return;
    this.asking = true;
    this.again = false;
    const asked = performance.now();
    const answer = await fetch(`${this.checkUrl}?${this.query(ghost)}`, { headers: { Accept: "application/json" } }).catch(() => null);
    const said = answer ? await answer.json().catch(() => ({})) : {};
    performance.measure("gantt:check-move", { start: asked, end: performance.now() });
    this.asking = false;
    if (!this.ghost) return;
    if (this.again) {
      this.ask();
      return;
    }
    this.tell(said);
  }

  tell(said) {
    const { ghost, gantt } = this;
    ghost.state = !said.is_possible ? "no" : said.pushes_others ? "push" : "ok";
    const lines = [said.sentence ?? said.error ?? "No answer came; let go to try it all the same."];
    if (said.frozen) lines.push(said.frozen);
    if (!said.pushes_others) said.pushed = [];
    const others = [...new Set((said.pushed ?? []).map((one) => (one.step ? `${one.rack} ${one.step}` : one.rack)))];
    if (others.length) lines.push(`Would give way: ${others.join(", ")}.`);
    gantt.showMoving(ghost, lines);
    gantt.say.textContent = lines.join(" ");
    gantt.invalidate();
  }

  drop() {
    const { ghost } = this;
    if (!ghost) return;
    this.open(this.query(ghost));
  }

  cancel() {
    this.ghost = null;
    this.gantt.showTip(null);
    this.gantt.invalidate();
  }

  // The dialog is the page of the form; without it, the page itself opens.
  async open(query) {
    const url = `${this.moveUrl}?${query}`;
    const answer = await fetch(url, { headers: { "X-Requested-With": "fetch" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) {
      location.href = url;
      return;
    }
    this.fill(await answer.text());
    this.dialog.showModal();
    this.dialog.querySelector("[name=reason]")?.focus();
  }

  fill(html) {
    this.dialog.innerHTML = html;
    for (const words of this.dialog.querySelectorAll("[data-gantt-answer]")) this.gantt.say.textContent = words.textContent.trim().replace(/\s+/g, " ");
  }

  listen() {
    this.dialog.addEventListener("close", () => this.cancel());
    this.dialog.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send(event.target, event.submitter);
    });
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-gantt-move]");
      if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const bar = this.gantt.selected;
      const query = new URLSearchParams({ rack: button.dataset.ganttMove });
      if (bar?.rack === button.dataset.ganttMove) query.set("step", bar.step);
      this.open(query);
    });
  }

  async send(form, submitter) {
    const body = new FormData(form, submitter);
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" } }).catch(() => null);
    if (!answer) {
      const note = this.dialog.querySelector("[data-gantt-answer]");
      note.textContent = "No answer came. Nothing was moved; try again.";
      return;
    }
    if (answer.redirected) {
      const to = new URL(answer.url);
      const here = new URLSearchParams(location.search);
      for (const name of ["from", "to", "lanes", "strips", "find", "fold"]) if (here.has(name)) to.searchParams.set(name, here.get(name));
      location.href = to;
      return;
    }
    this.fill(await answer.text());
  }
}
