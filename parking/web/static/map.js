// The map: lots with their free spaces and the price of my stay, gathered where they are close. Drawn by MapLibre from a
// sketch of the city or from the style that the city names; as a plan in SVG where the device cannot.

const LIMIT = 500;
const LOTS_MAX = 10_000;
const CLUSTER_ZOOM_MAX = 12;
// A phone shows as much of the city on its narrow side.
const MIDDLE_ZOOM = innerWidth < 600 ? 13.6 : 14.3;
const PAUSE_MS = 250;
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export async function openMap(box, page) {
  const sketch = page.sketch ?? (await (await fetch("/static/jinan.json")).json());
  if (canDraw()) {
    try {
      const maplibre = await import("./maplibre-gl.mjs");
      return await new DrawnMap(box, page, sketch, maplibre).begin();
    } catch (failed) {
      console.warn(failed);
      box.replaceChildren();
    }
  }
  const { Plan } = await import("./plan.js");
  return new Plan(box, page, sketch, lotsIn).begin();
}

export function canDraw() {
  const canvas = document.createElement("canvas");
  return !!canvas.getContext("webgl2");
}

// All lots within [west, south, east, north] (null: of the city), with the price of the stay.
export async function lotsIn(terms, corners) {
  const lots = [];
  const query = new URLSearchParams(terms);
  query.set("limit", String(LIMIT));
  if (corners) query.set("bbox", corners.map((each) => each.toFixed(3)).join(","));
  for (let total = 1; lots.length < Math.min(total, LOTS_MAX); ) {
    query.set("offset", String(lots.length));
    const answer = await fetch(`/v1/lots?${query}`);
    if (!answer.ok) throw new Error(`lots: ${answer.status}`);
    const part = await answer.json();
    total = part.total;
    if (!part.lots.length) break;
    lots.push(...part.lots);
  }
  return lots;
}

export function price(lot, page) {
  if (lot.fee_fen === null || lot.fee_fen === undefined) return "";
  if (!lot.fee_fen) return page.word("free_of_charge");
  const yuan = lot.fee_fen / 100;
  const text = Number.isInteger(yuan) ? String(yuan) : yuan.toFixed(2);
  return lot.currency === "CNY" ? `¥${text}` : `${text} ${lot.currency}`;
}

export function style(sketch, english) {
  const name = english ? "name_en" : "name_zh";
  const of = (...kinds) => ["in", ["get", "kind"], ["literal", kinds]];
  const wide = (thin, thick) => ["interpolate", ["exponential", 1.5], ["zoom"], 9, thin, 16, thick];
  const line = (id, kinds, color, width, more = {}) => ({
    id, type: "line", source: "sketch", filter: of(...kinds), layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": color, "line-width": width }, ...more,
  });
  const label = (id, kinds, color, size, more = {}) => ({
    id, type: "symbol", source: "sketch", filter: of(...kinds),
    layout: { "text-field": ["get", name], "text-size": size, "text-font": ["sans-serif"], ...(more.layout ?? {}) },
    paint: { "text-color": color, "text-halo-color": css("--map-ground"), "text-halo-width": 1.2 }, minzoom: more.minzoom ?? 0, maxzoom: more.maxzoom ?? 24,
  });
  const along = { "symbol-placement": "line", "symbol-spacing": 320 };
  return {
    version: 8,
    sources: { sketch: { type: "geojson", data: sketch, attribution: "" } },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": css("--map-ground") } },
      { id: "district", type: "fill", source: "sketch", filter: of("district"), paint: { "fill-color": css("--map-district"), "fill-opacity": 0.45 } },
      { id: "park", type: "fill", source: "sketch", filter: of("park"), paint: { "fill-color": css("--map-park") } },
      { id: "water", type: "fill", source: "sketch", filter: of("water"), paint: { "fill-color": css("--map-water") } },
      line("border", ["district"], css("--map-edge"), 1, { paint: { "line-color": css("--map-edge"), "line-width": 1.2, "line-dasharray": [3, 2] } }),
      line("river", ["river"], css("--map-water"), wide(3, 60)),
      line("stream", ["stream"], css("--map-water"), wide(0.8, 14)),
      line("street-edge", ["street"], css("--map-edge"), wide(0.3, 11), { minzoom: 11.5 }),
      line("road-edge", ["road"], css("--map-edge"), wide(1.6, 20)),
      line("motorway-edge", ["motorway"], css("--map-edge"), wide(2, 22)),
      line("street", ["street"], css("--map-road"), wide(0.2, 8.5), { minzoom: 11.5 }),
      line("road", ["road"], css("--map-road"), wide(1, 16)),
      line("motorway", ["motorway"], css("--map-motorway"), wide(1.3, 18)),
      label("street-name", ["street"], css("--map-name"), 11, { minzoom: 13.5, layout: along }),
      label("road-name", ["road", "motorway"], css("--map-name"), 12, { minzoom: 11.5, layout: along }),
      label("water-name", ["water", "park"], css("--map-name"), 11, { minzoom: 12.5 }),
      label("river-name", ["river", "stream"], css("--map-name"), 12, { minzoom: 10, layout: along }),
      label("district-name", ["district_name"], css("--map-name"), 14, { maxzoom: 13 }),
    ],
  };
}

// What is said of a pin in the place of what is shown.
function spoken(text, ...shown) {
  for (const each of shown) each.setAttribute("aria-hidden", "true");
  const whole = document.createElement("span");
  whole.className = "unseen";
  whole.textContent = text;
  return whole;
}

class DrawnMap {
  constructor(box, page, sketch, maplibre) {
    Object.assign(this, { box, page, sketch, maplibre, lots: new Map(), markers: new Map(), terms: page.terms, marked: null });
  }

  async begin() {
    const corners = JSON.parse(this.box.dataset.box);
    const city = corners ?? [116.85, 36.55, 117.2, 36.78];
    const named = this.box.dataset.style;
    this.map = new this.maplibre.Map({
      container: this.box,
      style: named || style(this.sketch, this.page.english),
      center: this.page.middle ?? [117.02, 36.662],
      zoom: this.page.middle ? MIDDLE_ZOOM : 11.6,
      maxBounds: [[city[0] - 0.6, city[1] - 0.6], [city[2] + 0.6, city[3] + 0.6]],
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      localIdeographFontFamily: css("--font"),
    });
    document.getElementById("sketch").hidden = !!named;
    this.map.touchZoomRotate.disableRotation();
    this.map.getCanvas().setAttribute("aria-label", this.page.word("map_of"));
    await new Promise((done, failed) => {
      this.map.once("load", done);
      this.map.once("error", ({ error }) => failed(error));
    });
    this.#layers();
    this.map.on("moveend", () => this.#moved());
    this.map.on("sourcedata", (event) => event.sourceId === "lots" && event.isSourceLoaded && this.#markers());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      if (named) return;
      this.map.setStyle(style(this.sketch, this.page.english));
      this.map.once("styledata", () => this.#layers());
    });
    this.#middle(this.page.middle);
    await this.#load();
    return this;
  }

  #layers() {
    if (this.map.getSource("lots")) return;
    this.map.addSource("lots", {
      type: "geojson",
      data: this.#features(),
      cluster: true,
      clusterRadius: 64,
      clusterMaxZoom: CLUSTER_ZOOM_MAX,
      clusterProperties: { free: ["+", ["get", "free"]] },
    });
    // Nothing is drawn of it: pins are buttons. But what has a layer is what the map knows to be in view.
    this.map.addLayer({ id: "lots", type: "circle", source: "lots", paint: { "circle-radius": 1, "circle-opacity": 0 } });
  }

  #features() {
    const features = [...this.lots.values()].map((lot) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: [lot.longitude, lot.latitude] },
      properties: { code: lot.code, free: lot.free ?? 0 },
    }));
    return { type: "FeatureCollection", features };
  }

  area() {
    const bounds = this.map.getBounds();
    return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  }

  zoom(by) {
    this.map.easeTo({ zoom: this.map.getZoom() + by, duration: 250 });
  }

  // Another question; `middle`: where it is asked for now.
  ask(terms, middle) {
    this.terms = terms;
    if (middle) {
      this.map.easeTo({ center: middle, zoom: Math.max(this.map.getZoom(), MIDDLE_ZOOM), duration: 500 });
      this.#middle(middle);
    }
    this.loaded = null;
    this.#load();
  }

  #middle(place) {
    this.middle?.remove();
    if (!place) return;
    const dot = document.createElement("span");
    dot.className = "middle-pin";
    this.middle = new this.maplibre.Marker({ element: dot }).setLngLat(place).addTo(this.map);
    dot.removeAttribute("aria-label");
    dot.setAttribute("aria-hidden", "true");
  }

  #moved() {
    clearTimeout(this.pause);
    this.pause = setTimeout(() => {
      this.#load();
      this.page.moved();
    }, PAUSE_MS);
    this.#markers();
  }

  // Lots of more than is in view, so that a small move asks for nothing.
  async #load() {
    const [west, south, east, north] = this.area();
    const inside = this.loaded && west >= this.loaded[0] && south >= this.loaded[1] && east <= this.loaded[2] && north <= this.loaded[3];
    if (inside) return;
    const [across, up] = [(east - west) / 2, (north - south) / 2];
    const corners = [west - across, south - up, east + across, north + up];
    const terms = this.terms;
    const lots = await lotsIn(terms, corners).catch(() => null);
    if (!lots || terms !== this.terms) return;
    this.loaded = corners;
    this.lots = new Map(lots.map((lot) => [lot.code, lot]));
    for (const [key, marker] of this.markers) {
      marker.remove();
      this.markers.delete(key);
    }
    this.map.getSource("lots")?.setData(this.#features());
  }

  heard(changed) {
    let known = false;
    for (const now of changed) {
      const lot = this.lots.get(now.code);
      if (!lot) continue;
      Object.assign(lot, now);
      known = true;
      const marker = this.markers.get(now.code);
      if (marker) this.#fill(marker.getElement(), lot);
    }
    if (!known || this.refreshing) return;
    // Sums of clusters are brought up to date now and then.
    this.refreshing = setTimeout(() => {
      this.refreshing = 0;
      this.map.getSource("lots")?.setData(this.#features());
    }, 2000);
  }

  mark(code) {
    if (code === this.marked) return;
    this.markers.get(this.marked)?.getElement().classList.remove("chosen");
    this.marked = code;
    this.markers.get(code)?.getElement().classList.add("chosen");
  }

  #markers() {
    if (!this.map.getLayer("lots")) return;
    const seen = new Set();
    for (const feature of this.map.querySourceFeatures("lots")) {
      const { cluster, cluster_id: id, point_count: count, free, code } = feature.properties;
      const key = cluster ? `c${id}-${count}` : code;
      if (seen.has(key)) continue;
      if (!cluster && !this.lots.has(code)) continue;
      seen.add(key);
      const known = this.markers.get(key);
      if (known) {
        if (cluster) this.#fillCluster(known.getElement(), count, free);
        continue;
      }
      const element = document.createElement(cluster ? "button" : "a");
      if (cluster) {
        element.type = "button";
        element.className = "cluster";
        this.#fillCluster(element, count, free);
        const place = feature.geometry.coordinates;
        element.addEventListener("click", async () => {
          const zoom = await this.map.getSource("lots").getClusterExpansionZoom(id).catch(() => this.map.getZoom() + 2);
          this.map.easeTo({ center: place, zoom: zoom + 0.2, duration: 400 });
        });
      } else {
        element.href = this.page.href(code);
        this.#fill(element, this.lots.get(code));
      }
      const marker = new this.maplibre.Marker({ element, anchor: cluster ? "center" : "bottom", offset: cluster ? [0, 0] : [0, -6] });
      marker.setLngLat(feature.geometry.coordinates).addTo(this.map);
      // MapLibre calls it a marker; what it says is in it.
      element.removeAttribute("aria-label");
      if (!cluster) element.removeAttribute("role");
      this.markers.set(key, marker);
    }
    for (const [key, marker] of this.markers) {
      if (seen.has(key)) continue;
      marker.remove();
      this.markers.delete(key);
    }
  }

  #fillCluster(element, count, free) {
    const text = `${count}·${free}`;
    if (element.dataset.said === text) return;
    element.dataset.said = text;
    const [sum, many] = [document.createElement("b"), document.createElement("small")];
    sum.textContent = free > 9999 ? `${Math.round(free / 1000)}k` : String(free);
    many.textContent = `×${count}`;
    element.replaceChildren(sum, many, spoken(this.page.word("cluster", count, free), sum, many));
  }

  #fill(element, lot) {
    const free = lot.free === null ? "?" : String(lot.free);
    const cost = price(lot, this.page);
    const status = this.page.stands(lot);
    const text = `${free}|${cost}|${status}`;
    if (element.dataset.said === text) return;
    element.dataset.said = text;
    for (const name of ["pin", "good", "waits", "bad", "quiet"]) element.classList.toggle(name, name === "pin" || name === this.page.tone(status));
    element.classList.toggle("chosen", lot.code === this.marked);
    const number = document.createElement("b");
    number.textContent = cost || free;
    const below = document.createElement("small");
    below.textContent = cost ? `${free} ${this.page.word("spaces_free")}` : this.page.word("spaces_free");
    const whole = `${this.page.said(lot, "name")}, ${this.page.word(`status_${status}`)}, ${free} ${this.page.word("spaces_free")}, ${cost || this.page.word("no_price")}`;
    element.replaceChildren(number, below, spoken(whole, number, below));
  }
}
