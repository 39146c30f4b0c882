// What happens around the plan while it is looked at: its mending, what others change, steps back and forth by key.

const LOOK_MS = 1000;
const NEWS_MS = 15000;

function again(after, look) {
  setTimeout(() => (document.hidden ? document.addEventListener("visibilitychange", () => again(0, look), { once: true }) : look()), after);
}

async function ask(url, tag) {
  const answer = await fetch(url, { headers: { Accept: "application/json", ...(tag ? { "If-None-Match": tag } : {}) }, cache: "no-store" }).catch(() => null);
  return { tag: answer?.headers.get("ETag") ?? tag, said: answer?.status === 200 ? await answer.json() : null };
}

// A run that mends the plan: the page goes on to the new proposal when it has ended.
export function waitForMending() {
  const note = document.querySelector("[data-gantt-mending]");
  if (!note) return;
  let tag = "";
  const look = async () => {
    const { tag: next, said } = await ask(note.dataset.ganttMending, tag);
    tag = next;
    if (said && ["succeeded", "failed", "cancelled"].includes(said.state)) {
      const url = new URL(location.href);
      url.searchParams.delete("plan");
      location.replace(url);
      return;
    }
    again(LOOK_MS, look);
  };
  look();
}

// One quiet sentence when somebody else has changed something; the page stays as it is.
export function watchNews() {
  const note = document.querySelector("[data-gantt-news]");
  if (!note) return;
  let [tag, first] = ["", null];
  const look = async () => {
    const { tag: next, said } = await ask(note.dataset.ganttNews, tag);
    tag = next;
    if (said) {
      const isNew = first !== null && said.sentence && said.sentence !== first;
      if (isNew || said.is_superseded) {
        note.querySelector("[data-gantt-news-text]").textContent = said.sentence;
        note.hidden = !said.sentence;
      }
      first ??= said.sentence;
    }
    again(NEWS_MS, look);
  };
  look();
}

export function listenToUndo() {
  const form = document.querySelector("[data-gantt-steps]");
  if (!form) return;
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
    const key = event.key.toLowerCase();
    const isRedo = key === "y" || (key === "z" && event.shiftKey);
    if (key !== "z" && key !== "y") return;
    const button = form.querySelector(isRedo ? "[data-redo]" : "[data-undo]");
    event.preventDefault();
    if (!button.disabled) form.requestSubmit(button);
  });
}
