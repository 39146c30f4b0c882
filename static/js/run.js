// A run, live: asks for its progress once a second, draws best and bound, says every change of state once.
// Markup and data: docs/components.md. Without this script the page reloads itself by its refresh link.

const EVERY_MS = 1000;
const PATIENCE = 5; // failed answers before the reader is told
const ENDS = new Set(["succeeded", "done", "failed", "cancelled", "infeasible", "lost"]);
const UNKNOWN = "\u2013";
const JOINT = "\u00a0";

// Where rounding makes ticks alike, the first of them says it for all.
function distinct(words) {
  return words.map((word, at) => (word === words[at - 1] ? "" : word));
}

function money(cents) {
  if (cents === null || cents === undefined) return UNKNOWN;
  const dollars = Math.abs(cents) / 100;
  const sign = cents < 0 ? "\u2212" : "";
  const short = (value) => (value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3))));
  if (dollars < 999.5) return `${sign}$${dollars.toFixed(0)}`;
  if (dollars < 999500) return `${sign}$${short(dollars / 1e3)}${JOINT}k`;
  return `${sign}$${short(dollars / 1e6)}${JOINT}M`;
}

function percent(share) {
  if (share === null || share === undefined) return UNKNOWN;
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}${JOINT}%`;
}

function colour(element, name) {
  element.style.color = `var(--${name})`;
  return getComputedStyle(element).color;
}

class Curve {
  constructor(holder) {
    this.holder = holder;
    this.points = [[], [], []];
    this.make();
    new ResizeObserver(() => this.plot.setSize(this.size())).observe(holder);
    new MutationObserver(() => this.make()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.make());
  }

  size() {
    return { width: Math.max(this.holder.clientWidth, 200), height: 260 };
  }

  make() {
    this.plot?.destroy();
    const probe = document.createElement("span");
    this.holder.append(probe);
    const ink = colour(probe, "ink");
    const quiet = colour(probe, "ink-3");
    const grid = colour(probe, "line-soft");
    const accent = colour(probe, "accent");
    const font = `11px ${getComputedStyle(this.holder).fontFamily}`;
    probe.remove();
    const axis = { stroke: quiet, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
    const stepped = window.uPlot.paths.stepped({ align: 1 });
    this.plot = new window.uPlot(
      {
        ...this.size(),
        cursor: { show: false },
        legend: { show: false },
        padding: [12, 12, 0, 0],
        scales: { x: { time: false }, y: { range: (_, low, high) => this.range(low, high) } },
        axes: [
          { ...axis, size: 28, space: 90, values: (_, seconds) => seconds.map((second) => `${second}${JOINT}s`) },
          { ...axis, size: 62, values: (_, cents) => distinct(cents.map(money)) },
        ],
        series: [
          {},
          { label: "Best", stroke: ink, width: 2, paths: stepped, points: { show: false } },
          { label: "Bound", stroke: accent, width: 1.5, dash: [4, 3], paths: stepped, points: { show: false }, spanGaps: true },
        ],
      },
      this.points,
      this.holder,
    );
  }

  // The first plan is often many times the last: show what is still in play once there is more to see.
  range(low, high) {
    if (low === null) return [0, 1];
    const best = this.points[1].filter((value) => value !== null);
    const last = best.at(-1) ?? high;
    const top = best.length > 4 ? Math.min(high, Math.max(last * 2, best[Math.floor(best.length / 2)])) : high;
    const room = Math.max((top - low) * 0.08, 1);
    return [Math.max(low - room, 0), top + room];
  }

  show(curve, elapsed) {
    const [seconds, best, bound] = [curve.map((at) => at[0]), curve.map((at) => at[1]), curve.map((at) => at[2])];
    if (curve.length && elapsed > seconds.at(-1)) {
      seconds.push(elapsed);
      best.push(best.at(-1));
      bound.push(bound.at(-1));
    }
    this.points = [seconds, best, bound];
    this.plot.setData(this.points);
  }
}

class Run {
  constructor(element) {
    this.element = element;
    this.parts = new Map([...element.querySelectorAll("[data-run]")].map((part) => [part.dataset.run, part]));
    this.curve = window.uPlot && this.parts.has("curve") ? new Curve(this.parts.get("curve")) : null;
    this.etag = "";
    this.failures = 0;
    const first = element.querySelector("script[type='application/json']");
    if (first) this.show(JSON.parse(first.textContent));
    if (!this.ended) this.ask();
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && !this.ended) this.ask();
    });
  }

  async ask() {
    clearTimeout(this.timer);
    const headers = { Accept: "application/json" };
    if (this.etag) headers["If-None-Match"] = this.etag;
    try {
      const answer = await fetch(this.element.dataset.src, { headers, cache: "no-store" });
      if (answer.status === 200) {
        this.etag = answer.headers.get("ETag") ?? "";
        this.show(await answer.json());
      } else if (answer.status !== 304) {
        throw new Error(`The run answered ${answer.status}.`);
      }
      this.failures = 0;
      this.hideTrouble();
    } catch {
      this.failures += 1;
      if (this.failures >= PATIENCE) this.tellTrouble();
    }
    if (!this.ended && !document.hidden) this.timer = setTimeout(() => this.ask(), EVERY_MS);
  }

  tellTrouble() {
    const part = this.parts.get("trouble");
    if (part) part.hidden = false;
  }

  hideTrouble() {
    const part = this.parts.get("trouble");
    if (part) part.hidden = true;
  }

  put(name, words) {
    const part = this.parts.get(name);
    if (part && part.textContent !== words) part.textContent = words;
  }

  show(run) {
    this.put("best", money(run.best_cents));
    this.put("bound", money(run.bound_cents));
    this.put("reason", run.bound_reason ?? "");
    this.put("gap", percent(run.gap));
    this.put("phase", run.phase || UNKNOWN);
    this.put("elapsed", `${Math.round(run.elapsed_s)}${JOINT}s`);
    const bar = this.parts.get("progress");
    if (bar) {
      bar.max = run.limit_s || 1;
      bar.value = Math.min(run.elapsed_s, bar.max);
    }
    this.curve?.show(run.curve ?? [], run.elapsed_s);
    this.addRows(run.curve ?? []);
    if (run.state === this.state && run.label === this.label) return;
    const was = this.state;
    this.state = run.state;
    this.label = run.label;
    this.put("state", run.label || run.state);
    this.element.dataset.state = run.state;
    this.ended = ENDS.has(run.state);
    if (this.ended) this.end(run, was);
  }

  // The table twin grows with the curve.
  addRows(curve) {
    const body = this.parts.get("rows");
    if (!body || !curve.length) return;
    if (body.querySelector("td[colspan]")) body.replaceChildren();
    for (const [second, best, bound] of curve.slice(body.childElementCount)) {
      const row = body.insertRow();
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = second;
      row.append(head);
      for (const cents of [best, bound]) {
        const cell = row.insertCell();
        cell.className = "num";
        cell.textContent = money(cents);
      }
    }
  }

  // A run that ended while it was watched: its page has more to say now, so it is loaded again.
  end(run, was) {
    clearTimeout(this.timer);
    if (was && !ENDS.has(was)) location.reload();
  }
}

for (const element of document.querySelectorAll("[data-run-live]")) new Run(element);
