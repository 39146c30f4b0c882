// Taking away what is shown: SVG and PNG from the canvas, the files by their links, paper by the browser.

import { SvgContext } from "./svg.js";

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export function svgOf(gantt) {
  const { body, ...paints } = gantt.paints;
  const hatches = gantt.hatches.map((one, at) => ({ ...one, id: `hatch${at}` }));
  const patterns = new Map(hatches.map((one) => [paints[one.name], one.id]));
  const context = new SvgContext(gantt.view.width, gantt.height, gantt.context, patterns);
  gantt.paintOn(context, 1);
  return context.finish(`${document.title}, ${gantt.clock.moment(gantt.view.from)} to ${gantt.clock.moment(gantt.view.to)}`, hatches);
}

export function listenToSaves(gantt) {
  const { figure } = gantt;
  for (const button of figure.querySelectorAll("[data-gantt-save]")) {
    button.addEventListener("click", () => {
      button.closest("details").open = false;
      const kind = button.dataset.ganttSave;
      if (kind === "print") print();
      if (kind === "svg") download(new Blob([svgOf(gantt)], { type: "image/svg+xml" }), "plan.svg");
      if (kind === "png") gantt.canvas.toBlob((blob) => download(blob, "plan.png"), "image/png");
    });
  }
  // The files say what the address says, which moves while the page stands.
  for (const link of figure.querySelectorAll("[data-gantt-file]")) {
    link.addEventListener("click", () => {
      const url = new URL(link.href);
      url.search = gantt.address().search;
      link.href = url;
    });
  }
}
