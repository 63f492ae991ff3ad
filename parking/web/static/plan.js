// The plan: the sketch of the city and its lots as SVG, for devices that cannot draw the map.

const SVG = "http://www.w3.org/2000/svg";
const SIZE = 1000;
const SPAN_DEGREES = 0.05;
const COLORS = { river: "--map-water", stream: "--map-water", motorway: "--map-motorway", road: "--map-road", street: "--map-road" };
const WIDTHS = { river: 14, stream: 4, motorway: 7, road: 7, street: 4 };

function part(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

export class Plan {
  constructor(box, page, sketch, lotsIn) {
    Object.assign(this, { box, page, sketch, lotsIn, terms: page.terms, middle: page.middle ?? [117.02, 36.662], span: page.middle ? SPAN_DEGREES / 2 : SPAN_DEGREES });
    this.dots = new Map();
  }

  async begin() {
    this.svg = part("svg", { class: "plan", viewBox: `0 0 ${SIZE} ${SIZE}`, preserveAspectRatio: "xMidYMid slice", role: "group", "aria-label": this.page.word("map_of") });
    this.box.replaceChildren(this.svg);
    document.getElementById("sketch").textContent = this.page.word("plan_note");
    await this.draw();
    return this;
  }

  area() {
    const [longitude, latitude] = this.middle;
    return [longitude - this.span / 0.8, latitude - this.span, longitude + this.span / 0.8, latitude + this.span];
  }

  place([longitude, latitude]) {
    const [west, south, east, north] = this.area();
    return [((longitude - west) / (east - west)) * SIZE, ((north - latitude) / (north - south)) * SIZE];
  }

  path(points) {
    return points.map((point, at) => `${at ? "L" : "M"}${this.place(point).map((each) => each.toFixed(1)).join(" ")}`).join("");
  }

  async draw() {
    const lots = await this.lotsIn(this.terms, this.area()).catch(() => []);
    this.svg.replaceChildren();
    this.dots.clear();
    for (const { properties, geometry } of this.sketch.features) {
      if (geometry.type === "Polygon") {
        this.svg.append(part("path", { class: properties.kind, d: `${this.path(geometry.coordinates[0])}Z` }));
      } else if (geometry.type === "LineString") {
        const color = `var(${COLORS[properties.kind]})`;
        this.svg.append(part("path", { class: "line", d: this.path(geometry.coordinates), stroke: color, "stroke-width": WIDTHS[properties.kind] }));
      }
    }
    for (const lot of lots) {
      const [x, y] = this.place([lot.longitude, lot.latitude]);
      const link = part("a", { href: this.page.href(lot.code), class: this.page.tone(this.page.stands(lot)) });
      link.append(part("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 13 }));
      link.setAttribute("aria-label", `${this.page.said(lot, "name")}, ${lot.free ?? "?"} ${this.page.word("spaces_free")}`);
      this.dots.set(lot.code, link);
      this.svg.append(link);
    }
  }

  ask(terms, middle) {
    this.terms = terms;
    if (middle) this.middle = middle;
    this.draw();
  }

  zoom(by) {
    this.span *= by > 0 ? 0.6 : 1.6;
    this.draw();
    this.page.moved();
  }

  heard(lots) {
    for (const lot of lots) this.dots.get(lot.code)?.setAttribute("class", this.page.tone(this.page.stands(lot)));
  }

  mark() {}
}
