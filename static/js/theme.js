// Set the theme before first paint: the reader's saved choice, else the system's. Loaded in the head, not deferred.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const asked = new URLSearchParams(location.search).get("theme");
  let theme = asked === "dark" || asked === "light" ? asked : null;
  try {
    theme = theme || localStorage.getItem("theme");
  } catch {
    // Storage may be forbidden; the system's theme stands.
  }
  if (theme === "dark" || theme === "light") root.dataset.theme = theme;
})();
