// A canvas context that writes SVG, so that what is painted on screen can be taken away as a drawing.

const escape = (words) => String(words).replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
const short = (value) => String(Math.round(value * 100) / 100);

export class SvgContext {
  constructor(width, height, measuring, patterns) {
    Object.assign(this, { width, height, measuring, patterns });
    this.out = [];
    this.defs = [];
    this.path = [];
    this.state = { clip: "" };
    this.states = [];
    this.fillStyle = "#000";
    this.strokeStyle = "#000";
    this.lineWidth = 1;
    this.globalAlpha = 1;
    this.textAlign = "start";
    this.dash = [];
    this.font = "11px sans-serif";
  }

  setTransform() {}

  save() {
    this.states.push({ ...this.state });
  }

  restore() {
    this.state = this.states.pop() ?? { clip: "" };
  }

  beginPath() {
    this.path = [];
  }

  moveTo(x, y) {
    this.path.push(`M${short(x)} ${short(y)}`);
  }

  lineTo(x, y) {
    this.path.push(`L${short(x)} ${short(y)}`);
  }

  closePath() {
    this.path.push("Z");
  }

  rect(x, y, width, height) {
    this.path.push(`M${short(x)} ${short(y)}h${short(width)}v${short(height)}h${short(-width)}Z`);
  }

  roundRect(x, y, width, height) {
    this.rect(x, y, width, height);
  }

  clip() {
    const id = `c${this.defs.length}`;
    const inside = this.state.clip ? ` clip-path="url(#${this.state.clip})"` : "";
    this.defs.push(`<clipPath id="${id}"${inside}><path d="${this.path.join("")}"/></clipPath>`);
    this.state.clip = id;
  }

  paint(style) {
    return typeof style === "string" ? escape(style) : `url(#${this.patterns.get(style) ?? "none"})`;
  }

  add(tag, attributes, body = "") {
    const clip = this.state.clip ? ` clip-path="url(#${this.state.clip})"` : "";
    const alpha = this.globalAlpha < 1 ? ` opacity="${short(this.globalAlpha)}"` : "";
    this.out.push(`<${tag} ${attributes}${clip}${alpha}${body ? `>${body}</${tag}>` : "/>"}`);
  }

  fillRect(x, y, width, height) {
    this.add("rect", `x="${short(x)}" y="${short(y)}" width="${short(Math.max(width, 0))}" height="${short(Math.max(height, 0))}" fill="${this.paint(this.fillStyle)}"`);
  }

  fill() {
    if (this.path.length) this.add("path", `d="${this.path.join("")}" fill="${this.paint(this.fillStyle)}"`);
  }

  stroke() {
    const dash = this.dash.length ? ` stroke-dasharray="${this.dash.join(" ")}"` : "";
    if (this.path.length) this.add("path", `d="${this.path.join("")}" fill="none" stroke="${this.paint(this.strokeStyle)}" stroke-width="${short(this.lineWidth)}"${dash}`);
  }

  setLineDash(dash) {
    this.dash = dash;
  }

  measureText(words) {
    this.measuring.font = this.font;
    return this.measuring.measureText(words);
  }

  words(words, x, y, paint) {
    const anchor = { end: "end", center: "middle" }[this.textAlign] ?? "start";
    const [weight, size] = this.font.split(" ");
    this.add("text", `x="${short(x)}" y="${short(y)}" text-anchor="${anchor}" font-size="${parseFloat(size)}" font-weight="${escape(weight)}" ${paint}`, escape(words));
  }

  fillText(words, x, y) {
    this.words(words, x, y, `fill="${this.paint(this.fillStyle)}"`);
  }

  strokeText(words, x, y) {
    this.words(words, x, y, `fill="none" stroke="${this.paint(this.strokeStyle)}" stroke-width="${short(this.lineWidth)}" stroke-linejoin="round"`);
  }

  finish(title, hatches) {
    const patterns = hatches.map(({ id, ground, stripe, size, weight }) => `<pattern id="${id}" width="${size}" height="${size}" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">${ground ? `<rect width="${size}" height="${size}" fill="${escape(ground)}"/>` : ""}<rect width="${weight}" height="${size}" fill="${escape(stripe)}"/></pattern>`);
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${this.width}" height="${this.height}" viewBox="0 0 ${this.width} ${this.height}" font-family="Inter, sans-serif"><title>${escape(title)}</title><defs>${patterns.join("")}${this.defs.join("")}</defs>${this.out.join("")}</svg>`;
  }
}
