// Finding a space: the list follows what is asked, the map shows the same lots, and both follow what changes.

import { follow, keepPages } from "./live.js";

document.documentElement.classList.add("scripted");
const $ = (id) => document.getElementById(id);
const words = JSON.parse($("words").textContent);
const word = (key, ...values) => words[key].replace(/\{(\d)\}/g, (_, at) => values[at]);
const form = $("ask");
const found = $("found");
const english = document.documentElement.lang === "en";
const said = (thing, field) => (english ? thing[`${field}_en`] || thing[`${field}_zh`] : thing[`${field}_zh`]);
const TONES = { full: "bad", closed: "bad", almost_full: "waits", stale: "waits", open: "good" };
export const tone = (status) => TONES[status] ?? "quiet";
// Where nobody comes in at this hour, that is what counts.
const stands = (lot, row) => (row?.classList.contains("shut") || lot.is_open === false ? "shut" : lot.status);

// What is asked, as it stands in the address.

function asked() {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value && !(name === "stay" && value === "120")) query.set(name, value);
  return query;
}

// What the API calls the same.
function terms() {
  const query = asked();
  const wanted = new URLSearchParams({ stay_min: query.get("stay") ?? "120" });
  if (query.has("at")) wanted.set("arrive_at", `${query.get("at")}:00+08:00`);
  if (query.has("large")) wanted.set("class", "large");
  for (const [ours, theirs] of [["nev", "new_energy"], ["ev", "ev"], ["disabled", "disabled"]]) if (query.has(ours)) wanted.set(theirs, "true");
  if (query.has("height")) wanted.set("height_cm", query.get("height"));
  if (query.has("room")) wanted.set("min_free", "1");
  return wanted;
}

let asking = null;
async function ask({ moves = false } = {}) {
  asking?.abort();
  const turn = (asking = new AbortController());
  const query = asked();
  const address = query.size ? `/?${query}` : "/";
  history.replaceState(null, "", address);
  found.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`${address}${query.size ? "&" : "?"}part=list`, { signal: turn.signal });
    if (!answer.ok) throw new Error(String(answer.status));
    // The list is made by the server of templates that escape; it is parsed apart and moved over.
    const made = new DOMParser().parseFromString(await answer.text(), "text/html");
    found.replaceChildren(...made.body.childNodes);
  } catch (failed) {
    if (failed.name !== "AbortError") form.submit();
    return;
  }
  found.setAttribute("aria-busy", "false");
  document.querySelector(".popular")?.toggleAttribute("hidden", query.has("q") || query.has("near"));
  map?.ask(terms(), moves ? middle() : null);
  watchList();
}

function middle() {
  const list = found.querySelector(".lots");
  if (list?.dataset.longitude) return [Number(list.dataset.longitude), Number(list.dataset.latitude)];
  const first = found.querySelector(".lot");
  return first && asked().has("q") ? [Number(first.dataset.longitude), Number(first.dataset.latitude)] : null;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  suggest([]);
  ask({ moves: true });
});
form.addEventListener("change", (event) => {
  if (event.target === $("q")) return;
  if (event.target === form.elements.stay) slide();
  ask();
});
found.addEventListener("click", (event) => {
  const sort = event.target.closest("[data-sort]");
  if (!sort) return;
  event.preventDefault();
  set("sort", sort.dataset.sort);
  ask();
});

function set(name, value) {
  form.elements[name].value = value;
  form.elements[name].disabled = !value;
}

// How long: the slider goes over what can be chosen in the field beside it, which is what is asked.

const longer = $("longer");

function slide() {
  const stay = form.elements.stay;
  longer.max = String(stay.length - 1);
  longer.value = String(stay.selectedIndex);
  longer.setAttribute("aria-valuetext", stay.selectedOptions[0].text);
}

longer.addEventListener("input", () => {
  form.elements.stay.selectedIndex = Number(longer.value);
  slide();
});

// Where to: places and lots as one types.

const box = $("q");
const list = $("suggestions");
let chosen = -1;
let waiting = 0;

function suggest(entries) {
  chosen = -1;
  list.replaceChildren(
    ...entries.map((entry, at) => {
      const line = document.createElement("li");
      line.id = `suggestion-${at}`;
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", "false");
      line.append(said(entry, "name"));
      const more = document.createElement("small");
      more.textContent = entry.district_zh ? said(entry, "district") : "";
      line.append(more);
      line.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        take(entry);
      });
      line.entry = entry;
      return line;
    }),
  );
  list.hidden = !entries.length;
  box.setAttribute("aria-expanded", String(!!entries.length));
  box.removeAttribute("aria-activedescendant");
}

function choose(at) {
  const lines = [...list.children];
  lines[chosen]?.setAttribute("aria-selected", "false");
  chosen = (at + lines.length) % lines.length;
  lines[chosen].setAttribute("aria-selected", "true");
  box.setAttribute("aria-activedescendant", lines[chosen].id);
}

function take(entry) {
  box.value = said(entry, "name");
  set("near", `${entry.latitude.toFixed(5)},${entry.longitude.toFixed(5)}`);
  suggest([]);
  ask({ moves: true });
}

box.addEventListener("input", () => {
  set("near", "");
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const text = box.value.trim();
    if (!text) {
      suggest([]);
      ask({ moves: true });
      return;
    }
    const answer = await fetch(`/v1/places?${new URLSearchParams({ q: text, limit: "6" })}`);
    if (!answer.ok || box.value.trim() !== text) return;
    const { places, lots } = await answer.json();
    suggest([...places, ...lots].slice(0, 7));
  }, 160);
});
box.addEventListener("keydown", (event) => {
  if (list.hidden) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    choose(event.key === "ArrowDown" ? chosen + 1 : chosen < 0 ? -1 : chosen - 1);
  } else if (event.key === "Enter" && chosen >= 0) {
    event.preventDefault();
    take(list.children[chosen].entry);
  } else if (event.key === "Escape") {
    suggest([]);
  }
});
box.addEventListener("blur", () => suggest([]));

if (navigator.geolocation) {
  $("here").hidden = false;
  $("here").addEventListener("click", () =>
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        box.value = "";
        set("near", `${coords.latitude.toFixed(5)},${coords.longitude.toFixed(5)}`);
        $("notice").hidden = true;
        ask({ moves: true });
      },
      () => {
        $("notice").textContent = word("no_position");
        $("notice").hidden = false;
      },
      { maximumAge: 60_000, timeout: 10_000 },
    ),
  );
}

// What changes: the lots of the list, and those on the map.

let stop = () => {};
function watchList() {
  stop();
  const lots = [...found.querySelectorAll(".lot")];
  if (!lots.length) return;
  const [longitudes, latitudes] = ["longitude", "latitude"].map((name) => lots.map((lot) => Number(lot.dataset[name])));
  const corners = [Math.min(...longitudes), Math.min(...latitudes), Math.max(...longitudes), Math.max(...latitudes)];
  stop = follow(map?.area() ?? corners, heard, connection);
}

function heard(lots) {
  for (const lot of lots) {
    const row = found.querySelector(`.lot[data-code="${CSS.escape(lot.code)}"]`);
    if (!row) continue;
    const free = row.querySelector(".free");
    const text = lot.free === null ? "–" : String(lot.free);
    if (free.textContent !== text) {
      free.textContent = text;
      row.classList.remove("touched");
      requestAnimationFrame(() => row.classList.add("touched"));
    }
    row.classList.remove("good", "waits", "bad", "quiet");
    const status = stands(lot, row);
    row.classList.add(tone(status));
    const badge = row.querySelector(".badge");
    badge.className = `badge ${tone(status)}`;
    badge.textContent = word(`status_${status}`);
    badge.hidden = status === "open";
  }
  map?.heard(lots);
}

function connection(state) {
  const line = $("connection");
  line.hidden = false;
  line.textContent = word(state);
  line.className = state;
}

// The map comes after what can be read.

let map = null;
async function showMap() {
  const { openMap } = await import("./map.js");
  map = await openMap($("map"), {
    word,
    tone,
    stands,
    said,
    english,
    terms: terms(),
    middle: middle(),
    open: (code) => location.assign(`/lots/${encodeURIComponent(code)}?${asked()}`),
    href: (code) => `/lots/${encodeURIComponent(code)}?${asked()}`,
    moved: watchList,
  });
  $("larger").addEventListener("click", () => map.zoom(1));
  $("smaller").addEventListener("click", () => map.zoom(-1));
  watchList();
}

for (const name of ["pointerover", "focusin"]) {
  found.addEventListener(name, (event) => map?.mark(event.target.closest?.(".lot")?.dataset.code ?? null));
}
// A browser that comes back to the page fills the fields again, and tells nobody.
addEventListener("pageshow", (event) => {
  slide();
  if (event.persisted) ask();
});
slide();
longer.hidden = false;
watchList();
keepPages();
requestAnimationFrame(() => setTimeout(showMap, 0));
