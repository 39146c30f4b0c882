// The table twin follows the lanes: fetched anew where it is looked at and the view is another since.

const FOLLOWED = ["lanes", "find", "fold"];

function rowsOf(url) {
  return FOLLOWED.map((name) => url.searchParams.get(name) ?? "").join("\n");
}

export class Twin {
  constructor(gantt) {
    this.gantt = gantt;
    this.table = gantt.figure.querySelector(".chart__twin");
    this.choice = gantt.figure.querySelector("[name='gantt-twin'][value='table']");
    this.shown = rowsOf(new URL(location.href));
    this.choice?.addEventListener("change", () => this.follow());
  }

  async follow() {
    const url = this.gantt.address();
    const wanted = rowsOf(url);
    if (!this.gantt.source || !this.choice?.checked || wanted === this.shown) return;
    this.shown = wanted;
    url.searchParams.delete("page");
    const answer = await fetch(url).catch(() => null);
    if (!answer?.ok || wanted !== this.shown) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector(".gantt .chart__twin");
    if (!fresh) return;
    this.table.replaceChildren(...fresh.children);
    const { figure } = this.gantt;
    figure.parentElement.querySelector(":scope > .pager")?.remove();
    const pager = page.querySelector(".work > .pager");
    if (pager) figure.after(pager);
    history.replaceState(history.state, "", url);
  }
}
