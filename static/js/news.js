// One quiet sentence when another planner or a supplier has changed something; the page stays as it is.

const note = document.querySelector("[data-news]");
const every = 15_000;

async function look(tag, first) {
  const headers = tag ? { "If-None-Match": tag } : {};
  const answer = document.hidden ? null : await fetch(note.dataset.news, { headers }).catch(() => null);
  let said = first;
  if (answer?.ok) {
    const { sentence } = await answer.json();
    if (first !== null && sentence && sentence !== first) {
      note.querySelector("[data-news-text]").textContent = sentence;
      note.hidden = false;
    }
    said ??= sentence;
  }
  setTimeout(look, every, answer?.headers.get("ETag") ?? tag, said);
}

if (note) look("", null);
