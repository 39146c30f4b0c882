// Ctrl K: find anything, go anywhere. Without this script the field in the top bar leads to the same as a page.

const opener = document.querySelector("[data-palette]");
const typing = "input, textarea, select, [contenteditable]";
let dialog = null;
let asked = 0;
const kept = new Map();

function element(tag, values = {}, ...children) {
  const made = Object.assign(document.createElement(tag), values);
  made.append(...children);
  return made;
}

function build() {
  const field = element("input", { type: "search", className: "input palette__field", maxLength: 80, autocomplete: "off" });
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-expanded", "true");
  field.setAttribute("aria-controls", "palette-hits");
  field.setAttribute("aria-label", "Find an order, rack, supplier, page or action");
  const list = element("ul", { id: "palette-hits", className: "palette__hits" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Found");
  const foot = element("p", { className: "palette__foot", textContent: "↑ ↓ choose · Enter opens · Esc closes · ? keys" });
  dialog = element("dialog", { className: "palette" }, field, list, foot);
  dialog.setAttribute("aria-label", "Find or do anything");
  document.body.append(dialog);
  field.addEventListener("input", () => look(field.value));
  field.addEventListener("keydown", (event) => step(event, list));
  list.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
}

async function look(text) {
  const turn = ++asked;
  const address = `${opener.dataset.palette}?q=${encodeURIComponent(text)}`;
  const before = kept.get(address);
  const answer = await fetch(address, { headers: before ? { "If-None-Match": before.etag } : {} }).catch(() => null);
  if (!answer || turn !== asked) return;
  const hits = answer.status === 304 ? before.hits : (await answer.json()).hits;
  kept.set(address, { etag: answer.headers.get("ETag"), hits });
  if (turn === asked) show(hits);
}

function show(hits) {
  const list = dialog.querySelector(".palette__hits");
  list.replaceChildren(
    ...hits.slice(0, 40).map((hit, at) => {
      const link = element("a", { href: hit.url, tabIndex: -1 }, element("b", { textContent: hit.name }));
      link.append(element("span", { className: "ink-3", textContent: hit.detail }));
      link.append(element("small", { className: "end ink-3", textContent: hit.kind }));
      const item = element("li", { id: `palette-hit-${at}` }, link);
      item.setAttribute("role", "option");
      return item;
    }),
  );
  if (!hits.length) list.append(element("li", { className: "palette__none", textContent: "Nothing holds these words." }));
  choose(list, 0);
}

function choose(list, to) {
  const items = [...list.querySelectorAll("[role=option]")];
  for (const [at, item] of items.entries()) item.setAttribute("aria-selected", at === to ? "true" : "false");
  const field = dialog.querySelector("input");
  if (items[to]) {
    field.setAttribute("aria-activedescendant", items[to].id);
    items[to].scrollIntoView({ block: "nearest" });
  } else field.removeAttribute("aria-activedescendant");
}

function step(event, list) {
  const items = [...list.querySelectorAll("[role=option]")];
  const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  const moves = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key in moves && items.length) {
    event.preventDefault();
    choose(list, (at + moves[event.key] + items.length) % items.length);
  } else if (event.key === "Escape") {
    event.preventDefault();
    dialog.close();
  } else if (event.key === "Enter" && items[at]) {
    event.preventDefault();
    location.assign(items[at].querySelector("a").href);
  }
}

function open() {
  if (!dialog) build();
  if (dialog.open) return;
  dialog.showModal();
  const field = dialog.querySelector("input");
  field.value = "";
  field.focus();
  look("");
}

function help() {
  const keys = document.getElementById("keys");
  if (keys && !keys.open) keys.showModal();
}

if (opener) {
  opener.addEventListener("click", (event) => {
    event.preventDefault();
    open();
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches?.(typing);
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    } else if (isTyping || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) {
      return;
    } else if (event.key === "/") {
      event.preventDefault();
      open();
    } else if (event.key === "?") {
      event.preventDefault();
      help();
    }
  });
}
