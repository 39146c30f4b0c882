// The colours and fonts of tokens.css, resolved for a canvas in the theme of the moment.

const COLOURS = [
  "canvas", "surface", "surface-sunken", "line", "line-soft", "line-control", "ink", "ink-2", "ink-3", "accent", "accent-wash", "on-accent",
  "good", "watch", "bad", "steel-1", "steel-2", "steel-3", "steel-4", "steel-5",
];
const LIMITS = [
  "physics", "material", "bay", "power", "cooling", "people", "curtailment", "frozen", "answer", "freight", "shift", "rework", "quality", "batching",
];

// A custom property keeps its light-dark() unresolved; only a real property tells what it comes to.
export function readTokens(element) {
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  const resolve = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const tokens = { limit: {} };
  for (const name of COLOURS) tokens[name] = resolve(name);
  for (const name of LIMITS) tokens.limit[name] = resolve(`limit-${name}`);
  const style = getComputedStyle(element);
  const family = style.fontFamily;
  const weight = (name) => style.getPropertyValue(`--weight-${name}`).trim() || "400";
  tokens.font = `${weight("text")} 11px ${family}`;
  tokens.fontMedium = `${weight("medium")} 11px ${family}`;
  tokens.fontHead = `${weight("medium")} 12px ${family}`;
  probe.remove();
  return tokens;
}

// Stripes at 45 degrees, as the SVG patterns of the same name; sharp on every screen.
export function hatch(context, ratio, { ground, stripe, size, weight }) {
  const tile = document.createElement("canvas");
  const side = Math.round(size * Math.SQRT2 * ratio);
  tile.width = side;
  tile.height = side;
  const paint = tile.getContext("2d");
  if (ground) {
    paint.fillStyle = ground;
    paint.fillRect(0, 0, side, side);
  }
  paint.strokeStyle = stripe;
  paint.lineWidth = weight * ratio;
  paint.beginPath();
  for (const shift of [-side, 0, side]) {
    paint.moveTo(shift - 1, side + 1);
    paint.lineTo(shift + side + 1, -1);
  }
  paint.stroke();
  const pattern = context.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / ratio));
  return pattern;
}
