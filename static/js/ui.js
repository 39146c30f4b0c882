// Small manners of every page: theme button, menus that close, dialogs, fields that submit on change.

const root = document.documentElement;

function currentTheme() {
  if (root.dataset.theme) return root.dataset.theme;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function changeTheme() {
  const theme = currentTheme() === "dark" ? "light" : "dark";
  root.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Without storage the choice lasts for this page.
  }
  document.dispatchEvent(new CustomEvent("themechange", { detail: theme }));
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(except)) menu.open = false;
  }
}

document.addEventListener("click", (event) => {
  closeMenus(event.target);
  const theme = event.target.closest("[data-theme-switch]");
  if (theme) changeTheme();
  const opener = event.target.closest("[data-open-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.openDialog);
    if (dialog) {
      event.preventDefault();
      dialog.showModal();
    }
  }
  const closer = event.target.closest("[data-close-dialog]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog").close();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("change", (event) => {
  if (event.target.closest("[data-submit-on-change]")) event.target.form.requestSubmit();
});

// A form is sent once: the button that sent it says so until the answer comes.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || event.defaultPrevented || button.dataset.again !== undefined) return;
  setTimeout(() => {
    button.setAttribute("aria-disabled", "true");
  }, 0);
  if (event.target.dataset.sent) event.preventDefault();
  if (!event.target.hasAttribute("hx-post")) event.target.dataset.sent = "1";
});

// What was typed into a form that asks for it, there now or kept by the server, is not left without a question.
function isChanged(form) {
  if (form.dataset.ask === "typed") return true;
  return [...form.elements].some((field) => (field.type === "checkbox" ? field.checked !== field.defaultChecked : (field.defaultValue ?? field.value) !== field.value));
}

addEventListener("beforeunload", (event) => {
  for (const form of document.querySelectorAll("form[data-ask]")) {
    if (!form.dataset.sent && isChanged(form)) event.preventDefault();
  }
});

addEventListener("pageshow", (event) => {
  // A form that came back begins where it was refused, however far down the page.
  if (!event.persisted) document.querySelector("main [aria-invalid='true']")?.focus();
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
  }
});

// Where tabs do not fit, the one that is shown stands in sight.
for (const here of document.querySelectorAll(".tabs > [aria-current]")) {
  const bar = here.parentElement;
  bar.scrollLeft = here.offsetLeft - bar.offsetLeft - (bar.clientWidth - here.offsetWidth) / 2;
}
