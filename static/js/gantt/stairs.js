// A step function over minutes, in typed arrays: each value holds until the next moment.

export class Stairs {
  constructor(pairs) {
    this.length = pairs.length;
    this.times = Float64Array.from(pairs, (pair) => pair[0]);
    this.values = Float64Array.from(pairs, (pair) => pair[1]);
    this.highest = this.values.reduce((most, value) => Math.max(most, value), 0);
  }

  // First step that begins after a moment.
  after(minute) {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle] > minute) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  // Its value at a moment; 0 before its first step.
  at(minute) {
    const next = this.after(minute);
    return next ? this.values[next - 1] : 0;
  }

  // The first minute of its highest value between two moments.
  peak(from, to) {
    let best = from;
    let most = this.at(from);
    for (let at = this.after(from); at < this.length && this.times[at] < to; at += 1) {
      if (this.values[at] > most) [most, best] = [this.values[at], this.times[at]];
    }
    return best;
  }
}

// Stretches in which a use is above its limit: [from, to, limit].
export function over(use, limit, end) {
  const out = [];
  if (!limit.length) return out;
  for (let at = 0; at < use.length; at += 1) {
    const until = use.times[at + 1] ?? end;
    for (let from = use.times[at]; from < until; ) {
      const next = limit.after(from);
      const to = Math.min(next < limit.length ? limit.times[next] : until, until);
      const allowed = limit.at(from);
      const last = out.at(-1);
      if (use.values[at] > allowed) {
        if (last && last[1] === from && last[2] === allowed) last[1] = to;
        else out.push([from, to, allowed]);
      }
      from = to;
    }
  }
  return out;
}

// A round number at or above what is asked for.
export function roundTop(highest, least) {
  const wanted = Math.max(highest, least);
  const size = 10 ** Math.floor(Math.log10(wanted));
  return [1, 2, 2.5, 4, 5, 6, 8, 10].map((part) => part * size).find((top) => top >= wanted);
}
