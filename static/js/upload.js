// A spreadsheet at work: asks for its progress once a second, moves the meter, loads the page again at the end.
// Markup: templates/suppliers/portal_upload.html; data: suppliers/web/sheet.py. Without it the page reloads itself.

const EVERY_MS = 1000;

function part(holder, name) {
  return holder.querySelector(`[data-upload="${name}"]`);
}

function show(holder, progress) {
  const number = new Intl.NumberFormat("en");
  part(holder, "phase").textContent = progress.phase || progress.label;
  part(holder, "count").textContent = `${number.format(progress.done)} of ${number.format(progress.total)} rows`;
  const meter = part(holder, "meter");
  meter.max = Math.max(progress.total, 1);
  meter.value = progress.done;
}

async function watch(holder) {
  let etag = "";
  for (;;) {
    try {
      const answer = await fetch(holder.dataset.src, { headers: etag ? { "If-None-Match": etag } : {} });
      if (answer.status === 200) {
        etag = answer.headers.get("ETag") ?? "";
        const progress = await answer.json();
        show(holder, progress);
        if (progress.is_finished) return location.reload();
      }
    } catch {
      // The server is away for a moment; the file is not.
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

const holder = document.querySelector("[data-upload][data-src]");
if (holder) watch(holder);
