// Minutes since the plan's epoch, worded in the site's zone; ticks that fall on the site's hours and midnights.

const HOUR = 60;
const DAY = 1440;
const STEPS = [15, 30, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY];
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const JOINT = "\u00a0";
const MINUS = "\u2212";

export class Clock {
  constructor(epoch, zone, now) {
    this.now = now;
    this.epoch = Math.round(Date.parse(epoch) / 60000);
    this.format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", hourCycle: "h23",
    });
    this.offsets = new Map();
  }

  // The zone's offset in minutes; asked once an hour, since zones change theirs on the hour.
  offset(minute) {
    const hour = Math.floor((this.epoch + minute) / HOUR);
    let offset = this.offsets.get(hour);
    if (offset === undefined) {
      const parts = {};
      for (const { type, value } of this.format.formatToParts(new Date(hour * HOUR * 60000))) parts[type] = Number(value);
      offset = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute) / 60000 - hour * HOUR;
      this.offsets.set(hour, offset);
    }
    return offset;
  }

  // A date whose UTC fields are the site's wall clock.
  local(minute) {
    return new Date((this.epoch + minute + this.offset(minute)) * 60000);
  }

  clock(minute) {
    const at = this.local(minute);
    return `${String(at.getUTCHours()).padStart(2, "0")}:${String(at.getUTCMinutes()).padStart(2, "0")}`;
  }

  year(minute) {
    return this.local(minute).getUTCFullYear();
  }

  // "3 Dec", and where it says the year, "3 Dec 2027".
  date(minute, withYear) {
    const at = this.local(minute);
    return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}${withYear ? ` ${at.getUTCFullYear()}` : ""}`;
  }

  weekday(minute) {
    return DAYS[this.local(minute).getUTCDay()];
  }

  // "Thu 3 Dec"; another year is named.
  day(minute) {
    return `${this.weekday(minute)} ${this.date(minute, this.year(minute) !== this.year(this.now))}`;
  }

  // "Thu 05:00" inside six days to come, else "Thu 3 Dec, 05:00".
  moment(minute) {
    const midnight = (at) => Math.floor((this.epoch + at + this.offset(at)) / DAY);
    const ahead = midnight(minute) - midnight(this.now);
    if (ahead >= 0 && ahead < 6) return `${this.weekday(minute)}${JOINT}${this.clock(minute)}`;
    return `${this.day(minute)}, ${this.clock(minute)}`;
  }

  // Ticks in a view: {at, label, strong}; strong where a new day (or, far out, a new week) begins.
  ticks(from, to, pixels, room) {
    const least = ((to - from) / pixels) * room;
    const step = STEPS.find((candidate) => candidate >= least) ?? STEPS.at(-1);
    const shift = this.epoch + this.offset(from);
    const out = [];
    for (let wall = Math.ceil((from + shift) / step) * step; ; wall += step) {
      const guess = wall - shift;
      const at = wall - this.epoch - this.offset(guess);
      if (at > to) break;
      const local = this.local(at);
      const midnight = local.getUTCHours() === 0 && local.getUTCMinutes() === 0;
      out.push({ at, step, midnight, label: step >= DAY ? `${local.getUTCDate()}` : step < HOUR ? this.clock(at) : String(local.getUTCHours()).padStart(2, "0") });
    }
    return out;
  }

  // Midnights in a view and the last one before it, for the row of dates.
  midnights(from, to) {
    const shift = this.epoch + this.offset(from);
    const out = [];
    for (let wall = Math.floor((from + shift) / DAY) * DAY; ; wall += DAY) {
      const at = wall - this.epoch - this.offset(wall - shift);
      if (at > to) break;
      out.push(at);
    }
    return out;
  }
}

export function duration(minutes) {
  const size = Math.abs(minutes);
  const sign = minutes < 0 ? MINUS : "";
  const short = (value) => value.toFixed(1).replace(/\.0$/, "");
  if (size < HOUR) return `${sign}${Math.round(size)}${JOINT}min`;
  if (size <= 72 * HOUR) return `${sign}${size >= 600 ? Math.round(size / HOUR) : short(size / HOUR)}${JOINT}h`;
  return `${sign}${short(size / DAY)}${JOINT}d`;
}

export function kilowatts(watts) {
  return `${Math.round(watts / 1000).toLocaleString("en-GB")}${JOINT}kW`;
}
