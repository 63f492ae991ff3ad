// The map of the control room: each lot with the sign of its state, which says what its colour says. Drawn as the map of
// drivers is; as a plan where the device cannot. The table of lots says the same without it.

import { canDraw, style } from "./map.js";

document.documentElement.classList.add("scripted");
const $ = (id) => document.getElementById(id);
const words = JSON.parse($("words").textContent);
const word = (key) => words[key];
const english = document.documentElement.lang === "en";
const box = $("map");
const REFRESHED_MS = 30_000;
const SIGNS = { good: "●", waits: "◆", bad: "▲", quiet: "○" };
// What is not well lies above what is.
const RANKS = { quiet: 1, good: 2, waits: 3, bad: 4 };
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

async function lots() {
  const answer = await fetch("/desk/control/map.json");
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

function features(found) {
  return {
    type: "FeatureCollection",
    features: found.map((lot) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: [lot.longitude, lot.latitude] },
      properties: { code: lot.code, name: lot.name, said: lot.said, tone: lot.status, sign: SIGNS[lot.status], rank: RANKS[lot.status] },
    })),
  };
}

function layer() {
  const color = ["match", ["get", "tone"], "good", css("--good"), "waits", css("--waits"), "bad", css("--bad"), css("--quiet")];
  return {
    id: "lots", type: "symbol", source: "lots",
    layout: {
      "text-field": ["get", "sign"], "text-font": ["sans-serif"], "text-allow-overlap": true, "text-ignore-placement": true,
      "text-size": ["interpolate", ["linear"], ["zoom"], 10, 12, 15, 24], "symbol-sort-key": ["get", "rank"],
    },
    paint: { "text-color": color, "text-halo-color": css("--panel"), "text-halo-width": 2 },
  };
}

// Around all lots, however the city names its area.
function around(found) {
  const named = JSON.parse(box.dataset.box ?? "null");
  if (!found.length) return named ?? [116.85, 36.55, 117.2, 36.78];
  const [across, up] = [found.map((lot) => lot.longitude), found.map((lot) => lot.latitude)];
  return [Math.min(...across) - 0.01, Math.min(...up) - 0.01, Math.max(...across) + 0.01, Math.max(...up) + 0.01];
}

function choose(lot) {
  const link = document.createElement("a");
  link.href = `/lots/${encodeURIComponent(lot.code)}`;
  link.textContent = lot.name;
  $("chosen").replaceChildren(link, document.createElement("br"), lot.said);
  $("chosen").hidden = false;
}

async function draw(sketch, found) {
  const maplibre = await import("./maplibre-gl.mjs");
  const [west, south, east, north] = around(found);
  const named = box.dataset.style;
  const map = new maplibre.Map({
    container: box, style: named || style(sketch, english), bounds: [[west, south], [east, north]], fitBoundsOptions: { padding: 24, maxZoom: 15 },
    attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false, fadeDuration: 0, localIdeographFontFamily: css("--font"),
    cooperativeGestures: false, scrollZoom: false,
  });
  $("sketch").hidden = !!named;
  map.touchZoomRotate.disableRotation();
  map.getCanvas().setAttribute("aria-label", word("map_of"));
  await new Promise((done, failed) => {
    map.once("load", done);
    map.once("error", ({ error }) => failed(error));
  });
  const put = () => {
    if (map.getSource("lots")) return;
    map.addSource("lots", { type: "geojson", data: features(found) });
    map.addLayer(layer());
  };
  put();
  map.on("click", "lots", (event) => choose(event.features[0].properties));
  map.on("mouseenter", "lots", () => { map.getCanvas().style.cursor = "pointer"; });
  map.on("mouseleave", "lots", () => { map.getCanvas().style.cursor = ""; });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    if (named) return;
    map.setStyle(style(sketch, english));
    map.once("styledata", put);
  });
  setInterval(async () => {
    found = await lots().catch(() => found);
    map.getSource("lots")?.setData(features(found));
  }, REFRESHED_MS);
  $("larger").addEventListener("click", () => map.zoomIn());
  $("smaller").addEventListener("click", () => map.zoomOut());
  box.dataset.drawn = "map";
}

async function plan(sketch, found) {
  const { Plan } = await import("./plan.js");
  const [west, south, east, north] = around(found);
  const page = {
    word, terms: null, middle: [(west + east) / 2, (south + north) / 2], tone: (tone) => tone, said: (lot) => lot.name,
    href: (code) => `/lots/${encodeURIComponent(code)}`, moved: () => {},
  };
  const made = new Plan(box, page, sketch, async () => found);
  made.span = Math.max((north - south) / 2, ((east - west) / 2) * 0.8);
  await made.begin();
  $("larger").addEventListener("click", () => made.zoom(1));
  $("smaller").addEventListener("click", () => made.zoom(-1));
  box.dataset.drawn = "plan";
}

async function begin() {
  const [found, sketch] = await Promise.all([lots(), fetch("/static/jinan.json").then((answer) => answer.json())]);
  if (canDraw()) {
    try {
      return await draw(sketch, found);
    } catch (failed) {
      console.warn(failed);
      box.replaceChildren();
    }
  }
  return plan(sketch, found);
}

// What draws it is seven times as much as the rest of the page, so it comes when somebody gets there.
new IntersectionObserver((seen, observer) => {
  if (!seen.some((each) => each.isIntersecting)) return;
  observer.disconnect();
  begin();
}).observe($("city-map"));
