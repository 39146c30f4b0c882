// The site's times, and the reader's own beside them when the reader is somewhere else.

const stamp = document.querySelector("[data-zone]");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

function clock(at, zone, withDay) {
  const day = withDay ? { weekday: "short" } : {};
  return new Intl.DateTimeFormat("en-GB", { ...day, hour: "2-digit", minute: "2-digit", timeZone: zone }).format(at);
}

function dayOf(at, zone) {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(at);
}

function beside(time) {
  if (time.dataset.beside !== undefined) return;
  const at = new Date(time.dateTime);
  if (Number.isNaN(at.getTime())) return;
  const zone = stamp.dataset.zone;
  time.dataset.beside = "";
  if (clock(at, zone, true) === clock(at, here, true)) return;
  const own = document.createElement("small");
  own.className = "ink-3";
  own.textContent = ` (${clock(at, here, dayOf(at, zone) !== dayOf(at, here))})`;
  own.title = `In your zone, ${here}`;
  time.append(own);
}

function all(root) {
  for (const time of root.querySelectorAll("time[datetime]")) beside(time);
}

if (stamp?.dataset.zone && here) {
  const now = new Date();
  if (clock(now, stamp.dataset.zone, true) !== clock(now, here, true)) {
    const note = document.createElement("span");
    note.className = "wide ink-3 stamp__zone";
    note.textContent = `times of the site, yours in brackets`;
    note.title = `${stamp.dataset.zone} and ${here}`;
    stamp.append(note);
    all(document);
    document.addEventListener("htmx:afterSettle", (event) => all(event.target));
  }
}
