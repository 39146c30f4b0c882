// Exactly what is shown, as a file: tables as CSV or workbook, drawings as SVG or PNG.
// Numbers and words are taken from the page; the server writes the files of rows and defuses formulas.

const copied = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "opacity", "font", "font-family", "font-size", "font-weight", "letter-spacing", "text-anchor", "paint-order"];

function said(cell) {
  const copy = cell.cloneNode(true);
  for (const part of copy.querySelectorAll("[aria-hidden=true], button, form, input, svg")) part.remove();
  return copy.textContent.replace(/\s+/g, " ").trim();
}

function rowsOf(table) {
  return [...table.rows].map((row) => [...row.cells].flatMap((cell) => [said(cell), ...Array(cell.colSpan - 1).fill("")]));
}

function nameOf(part) {
  const head = part.closest(".card, figure")?.querySelector("h2, h1");
  return (head ?? document.querySelector("h1") ?? document.body).textContent.trim().slice(0, 60);
}

function sendTable(table, kind) {
  const token = document.body.getAttribute("hx-headers");
  const form = Object.assign(document.createElement("form"), { method: "post", action: `/download.${kind}`, hidden: true });
  const fields = { table: JSON.stringify(rowsOf(table)), name: nameOf(table), csrfmiddlewaretoken: JSON.parse(token ?? "{}")["X-CSRFToken"] ?? "" };
  for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  document.body.append(form);
  form.submit();
  form.remove();
}

function drawn(plot) {
  const copy = plot.cloneNode(true);
  const from = [plot, ...plot.querySelectorAll("*")];
  for (const [at, part] of [copy, ...copy.querySelectorAll("*")].entries()) {
    const style = getComputedStyle(from[at]);
    part.setAttribute("style", copied.map((name) => `${name}:${style.getPropertyValue(name)}`).join(";"));
    part.removeAttribute("class");
  }
  const box = plot.viewBox.baseVal;
  const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of Object.entries({ x: box.x, y: box.y - 8, width: box.width, height: box.height + 16 })) ground.setAttribute(name, value);
  ground.setAttribute("style", `fill:${getComputedStyle(document.body).backgroundColor}`);
  copy.prepend(ground);
  const textures = document.querySelector(".textures defs");
  if (textures) copy.prepend(textures.cloneNode(true));
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", box.width);
  copy.setAttribute("height", box.height);
  return { text: new XMLSerializer().serializeToString(copy), width: box.width, height: box.height };
}

function save(address, name) {
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}

function fileName(plot, kind) {
  return `${nameOf(plot).toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-") || "chart"}.${kind}`;
}

async function saveDrawing(plot, kind) {
  const { text, width, height } = drawn(plot);
  const address = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  if (kind === "svg") {
    save(address, fileName(plot, kind));
    return;
  }
  const picture = new Image();
  picture.src = address;
  await picture.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: width * 2, height: height * 2 });
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  save(canvas.toDataURL("image/png"), fileName(plot, kind));
}

function shownPlot(figure) {
  return [...figure.querySelectorAll("svg.plot")].find((plot) => plot.getBoundingClientRect().width > 0);
}

function offer(part, kinds, act) {
  const menu = document.createElement("details");
  menu.className = "downloads";
  menu.dataset.menu = "";
  const title = Object.assign(document.createElement("summary"), { textContent: "Save as" });
  title.setAttribute("aria-label", `Save as a file: ${nameOf(part)}`);
  const list = document.createElement("div");
  list.className = "downloads__list";
  for (const kind of kinds) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button button--small", textContent: kind.toUpperCase() });
    button.addEventListener("click", () => {
      menu.open = false;
      act(kind);
    });
    list.append(button);
  }
  menu.append(title, list);
  return menu;
}

for (const figure of document.querySelectorAll("figure.chart")) {
  const head = figure.querySelector(".card__head");
  const table = figure.querySelector("table");
  if (!head || head.querySelector(".downloads")) continue;
  head.append(
    offer(figure, ["svg", "png", "csv", "xlsx"], (kind) => {
      const plot = shownPlot(figure);
      if (kind === "csv" || kind === "xlsx") sendTable(table, kind);
      else if (plot) saveDrawing(plot, kind);
    }),
  );
}
for (const wrap of document.querySelectorAll(".card > .table-wrap, .card > form > .table-wrap")) {
  const head = wrap.closest(".card").querySelector(".card__head");
  const menu = offer(wrap, ["csv", "xlsx"], (kind) => sendTable(wrap.querySelector("table"), kind));
  if (head && !head.querySelector(".downloads")) head.append(menu);
  else if (!head) {
    const foot = Object.assign(document.createElement("div"), { className: "card__foot" });
    foot.append(menu);
    wrap.after(foot);
  }
}
