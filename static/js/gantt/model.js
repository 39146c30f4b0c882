// The plan as the canvas wants it: rows with heights, bars sorted in each lane, nothing per frame but a binary search.

export const LANE = 18;
const HEAD = 22;
const FOLDED = 24;

// First index of a sorted array whose value is above the one sought.
export function after(values, sought) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] > sought) high = middle;
    else low = middle + 1;
  }
  return low;
}

function prepareLane(lane, group) {
  const bars = [...lane.bars].sort((a, b) => a.start - b.start);
  const ends = new Float64Array(bars.length);
  let reach = -Infinity;
  bars.forEach((bar, at) => {
    bar.lane = lane;
    bar.group = group;
    bar.held_from ??= bar.start;
    bar.held_to ??= bar.end;
    bar.phases ??= [];
    bar.waits ??= [];
    bar.late_min ??= 0;
    bar.index = at;
    reach = Math.max(reach, bar.end);
    ends[at] = reach;
  });
  lane.bars = bars;
  lane.starts = Float64Array.from(bars, (bar) => bar.waits.length ? Math.min(bar.start, bar.waits[0][0]) : bar.start);
  lane.ends = ends; // the furthest end so far, so that one search finds the first bar in view
  return lane;
}

// How many bars of a group hold their place at each moment, as steps.
function heldSteps(group) {
  const changes = [];
  for (const lane of group.lanes) {
    for (const bar of lane.bars) changes.push([bar.held_from, 1], [bar.held_to, -1]);
  }
  changes.sort((a, b) => a[0] - b[0]);
  const steps = [];
  let held = 0;
  for (const [at, change] of changes) {
    held += change;
    if (steps.length && steps.at(-1)[0] === at) steps.at(-1)[1] = held;
    else steps.push([at, held]);
  }
  return steps;
}

export class Model {
  constructor(data) {
    this.data = data;
    this.byRack = new Map();
    this.byStep = new Map();
    this.peak = 1;
    this.count = 0;
    for (const group of data.groups) {
      group.folded ??= false;
      for (const lane of group.lanes) {
        prepareLane(lane, group);
        for (const bar of lane.bars) {
          this.count += 1;
          if (!this.byRack.has(bar.rack)) this.byRack.set(bar.rack, bar);
          if (bar.step) this.byStep.set(`${bar.rack} ${bar.step}`, bar);
          for (const phase of bar.phases) this.peak = Math.max(this.peak, phase[2]);
        }
      }
    }
    this.layOut();
  }

  layOut() {
    this.rows = [];
    this.lanes = [];
    let y = 0;
    const add = (row, height) => {
      row.y = y;
      row.height = height;
      this.rows.push(row);
      y += height;
    };
    for (const group of this.data.groups) {
      if (group.folded) {
        group.held ??= heldSteps(group);
        add({ kind: "folded", group }, FOLDED);
        continue;
      }
      add({ kind: "head", group }, HEAD);
      for (const lane of group.lanes) {
        lane.order = this.lanes.length;
        const row = { kind: "lane", group, lane };
        lane.row = row;
        add(row, LANE);
        this.lanes.push(lane);
      }
    }
    this.height = y;
    this.tops = Float64Array.from(this.rows, (row) => row.y);
  }

  fold(group, folded) {
    group.folded = folded;
    this.layOut();
  }

  *rowsBetween(top, bottom) {
    for (let at = Math.max(after(this.tops, top) - 1, 0); at < this.rows.length && this.rows[at].y < bottom; at += 1) yield this.rows[at];
  }

  rowAt(y) {
    if (y < 0 || y >= this.height) return null;
    return this.rows[after(this.tops, y) - 1] ?? null;
  }

  barAt(lane, minute, slack) {
    for (let at = after(lane.ends, minute - slack); at < lane.bars.length; at += 1) {
      const bar = lane.bars[at];
      if (bar.start > minute + slack) return null;
      if (bar.end >= minute - slack) return bar;
    }
    return null;
  }

  // The bar of a lane nearest to a moment, for moving up and down by key.
  nearest(lane, minute) {
    let best = null;
    let distance = Infinity;
    const from = Math.max(after(lane.ends, minute) - 1, 0);
    for (let at = from; at < Math.min(from + 3, lane.bars.length); at += 1) {
      const bar = lane.bars[at];
      const away = minute < bar.start ? bar.start - minute : Math.max(minute - bar.end, 0);
      if (away < distance) [best, distance] = [bar, away];
    }
    return best;
  }
}
