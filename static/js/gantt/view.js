// Which part of time the window shows, and where a minute lies in it. Knows no canvas.

const LEAST_SPAN = 120; // eight quarters of an hour

export class View {
  constructor(from, to) {
    this.limits = [from, to];
    this.width = 0;
    this.left = 0;
    this.right = 1;
    this.show(from, to);
  }

  resize(width) {
    this.width = width;
    this.left = width < 560 ? 58 : 92;
    this.right = Math.max(width - 8, this.left + 1);
    this.scale = (this.right - this.left) / (this.to - this.from);
  }

  x(minute) {
    return this.left + (minute - this.from) * this.scale;
  }

  minute(x) {
    return this.from + (x - this.left) / this.scale;
  }

  get span() {
    return this.to - this.from;
  }

  // Show a stretch of time, kept inside the plan's own and no shorter than two hours.
  show(from, to) {
    const [first, last] = this.limits;
    const span = Math.min(Math.max(to - from, LEAST_SPAN), last - first);
    const start = Math.min(Math.max(from, first), last - span);
    this.from = start;
    this.to = start + span;
    this.scale = (this.right - this.left) / span;
  }

  pan(minutes) {
    this.show(this.from + minutes, this.to + minutes);
  }

  // Factor below 1 shows less time; the minute given keeps its place.
  zoom(factor, around = (this.from + this.to) / 2) {
    const span = Math.min(Math.max(this.span * factor, LEAST_SPAN), this.limits[1] - this.limits[0]);
    const share = (around - this.from) / this.span;
    this.show(around - span * share, around + span * (1 - share));
  }

  reveal(start, end) {
    const room = this.span * 0.06;
    if (end - start > this.span - 2 * room) {
      if (start > this.to - room || end < this.from + room) this.show(start - room, start - room + this.span);
      return;
    }
    if (start < this.from + room) this.show(start - room, start - room + this.span);
    else if (end > this.to - room) this.show(end + room - this.span, end + room);
  }
}
