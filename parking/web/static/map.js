// A schematic map: lots where they are, drawn to scale, with nothing loaded from a map server.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 640;
const HEIGHT = 560;
const MARGIN = 46;
const METRES_PER_DEGREE = 111_320;

function part(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

// Degrees of longitude shrink towards the poles; scaling by the cosine of the latitude keeps distances true.
function projection(lots) {
  const longitudes = lots.map((lot) => lot.longitude);
  const latitudes = lots.map((lot) => lot.latitude);
  const [west, east] = [Math.min(...longitudes), Math.max(...longitudes)];
  const [south, north] = [Math.min(...latitudes), Math.max(...latitudes)];
  const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const across = Math.max((east - west) * squeeze, 0.01);
  const up = Math.max(north - south, 0.01);
  const scale = Math.min((WIDTH - 2 * MARGIN) / across, (HEIGHT - 2 * MARGIN) / up);
  const [middleX, middleY] = [(west + east) / 2, (south + north) / 2];
  return {
    x: (longitude) => WIDTH / 2 + (longitude - middleX) * squeeze * scale,
    y: (latitude) => HEIGHT / 2 - (latitude - middleY) * scale,
    metres: (pixels) => (pixels / scale) * METRES_PER_DEGREE,
  };
}

export class Plan {
  constructor(svg, choose) {
    this.svg = svg;
    this.choose = choose;
    this.dots = new Map();
    this.title = svg.querySelector("title");
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  }

  // Draws the lots shown, fitted into the picture. `tone(lot)` is the class of a dot, `district(lot)` its label.
  draw(lots, { tone, district, label, me }) {
    this.dots.clear();
    this.svg.replaceChildren(this.title);
    this.title.textContent = label;
    if (!lots.length) return;
    const place = projection(me ? [...lots, me] : lots);
    for (let at = 80; at < Math.max(WIDTH, HEIGHT); at += 80) {
      if (at < WIDTH) this.svg.append(part("line", { class: "grid", x1: at, x2: at, y1: 0, y2: HEIGHT }));
      if (at < HEIGHT) this.svg.append(part("line", { class: "grid", x1: 0, x2: WIDTH, y1: at, y2: at }));
    }
    // Small lots last, so that a large one never hides them.
    for (const lot of [...lots].sort((a, b) => b.capacity - a.capacity)) {
      const radius = Math.min(14, 4 + Math.sqrt(lot.capacity) / 5);
      const dot = part("circle", { cx: place.x(lot.longitude), cy: place.y(lot.latitude), r: radius, class: tone(lot) });
      dot.append(part("title", {}, ""));
      dot.addEventListener("click", () => this.choose(lot.code));
      this.dots.set(lot.code, dot);
      this.svg.append(dot);
    }
    this.#districts(lots, place, district);
    if (me) this.svg.append(part("circle", { class: "me", cx: place.x(me.longitude), cy: place.y(me.latitude), r: 9 }));
    this.#scale(place);
  }

  #districts(lots, place, district) {
    const groups = new Map();
    for (const lot of lots) groups.set(district(lot), [...(groups.get(district(lot)) ?? []), lot]);
    const rows = [];
    for (const [name, members] of groups) {
      const x = members.reduce((sum, lot) => sum + place.x(lot.longitude), 0) / members.length;
      let y = members.reduce((sum, lot) => sum + place.y(lot.latitude), 0) / members.length;
      // Two labels on top of each other are none: the later one moves down.
      while (rows.some((row) => Math.abs(row.y - y) < 24 && Math.abs(row.x - x) < 110)) y += 24;
      rows.push({ x, y });
      this.svg.append(part("text", { class: "district", x, y }, name));
    }
  }

  #scale(place) {
    const steps = [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000];
    const metres = steps.filter((step) => step <= place.metres(160)).at(-1) ?? steps[0];
    const pixels = (metres / place.metres(1000)) * 1000;
    const [x, y] = [16, HEIGHT - 14];
    this.svg.append(part("path", { class: "scale", d: `M${x} ${y - 6}v6h${pixels}v-6` }));
    this.svg.append(part("text", { x: x + pixels / 2, y: y - 8 }, metres < 1000 ? `${metres} m` : `${metres / 1000} km`));
  }

  update(lot, tone, text) {
    const dot = this.dots.get(lot.code);
    if (!dot) return;
    dot.setAttribute("class", dot.classList.contains("chosen") ? `${tone} chosen` : tone);
    dot.firstChild.textContent = text;
  }

  mark(code) {
    this.svg.querySelector(".chosen")?.classList.remove("chosen");
    this.dots.get(code)?.classList.add("chosen");
  }
}
