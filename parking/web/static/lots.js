// The live page of all lots: read once over the list, kept up to date over the stream.

import { Plan } from "./map.js";

const PAGE = 500;
const ROWS = 100;
const RETRY_MS = 3000;
const SORT_PAUSE_MS = 2000;

const $ = (id) => document.getElementById(id);
const lots = new Map();
const rows = new Map();
const state = { language: 0, sort: "name", down: false, rows: ROWS, me: null, chosen: null, skew: 0 };
const plan = new Plan($("map"), choose);

// Words, numbers and times in the language chosen.

// The page brings its words in both languages, by key.
const words = JSON.parse(document.getElementById("words").textContent);
const languages = ["zh-CN", "en"];
const word = (key, ...values) => words[key][state.language].replace(/\{(\d)\}/g, (_, at) => values[at]);
const number = (value) => new Intl.NumberFormat(languages[state.language]).format(value);
const said = (thing, field) => thing[`${field}_${state.language ? "en" : "zh"}`];

function ago(text) {
  if (!text) return word("never");
  const seconds = Math.max(0, (Date.now() + state.skew - Date.parse(text)) / 1000);
  if (seconds < 45) return word("now");
  const format = new Intl.RelativeTimeFormat(languages[state.language], { numeric: "always", style: "short" });
  const steps = [[86_400, "day"], [3600, "hour"], [60, "minute"]];
  const [length, unit] = steps.find(([length]) => seconds >= length) ?? [60, "minute"];
  return format.format(-Math.max(1, Math.round(seconds / length)), unit);
}

function far(metres) {
  return metres < 950 ? `${Math.round(metres / 10) * 10} m` : `${number(Math.round(metres / 100) / 10)} km`;
}

const share = (lot) => lot.free / lot.capacity;
function tone(lot) {
  return lot.status === "open" ? (share(lot) >= 0.35 ? "plenty" : "some") : lot.status;
}

function distance(lot) {
  const radians = (degrees) => (degrees * Math.PI) / 180;
  const up = Math.sin(radians(lot.latitude - state.me.latitude) / 2) ** 2;
  const across = Math.sin(radians(lot.longitude - state.me.longitude) / 2) ** 2;
  const chord = up + Math.cos(radians(lot.latitude)) * Math.cos(radians(state.me.latitude)) * across;
  return 2 * 6_371_009 * Math.asin(Math.sqrt(chord));
}

// What is shown, and in which order.

const text = (lot) =>
  [lot.name_zh, lot.name_en, lot.address_zh, lot.district_zh, lot.district_en, lot.code].join(" ").normalize("NFKC").toLowerCase();

function wanted() {
  const asked = $("search-words").value.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
  const [district, kind, withSpace] = [$("district").value, $("kind").value, $("with-space").checked];
  return [...lots.values()].filter(
    (lot) =>
      (!district || lot.district_zh === district) &&
      (!kind || lot.kind === kind) &&
      (!withSpace || lot.free > 0) &&
      asked.every((part) => lot.text.includes(part)),
  );
}

const orders = {
  name: (a, b) => said(a, "name").localeCompare(said(b, "name"), languages[state.language]),
  free: (a, b) => a.free - b.free,
  share: (a, b) => share(a) - share(b),
  price: (a, b) => (a.tariff ? said(a.tariff, "name") : "~").localeCompare(b.tariff ? said(b.tariff, "name") : "~"),
  age: (a, b) => (b.updated_at ?? "").localeCompare(a.updated_at ?? ""),
  distance: (a, b) => distance(a) - distance(b),
};

function sorted(shown) {
  const order = orders[state.sort];
  return shown.sort((a, b) => (state.down ? order(b, a) : order(a, b)) || a.code.localeCompare(b.code));
}

// Rows are made once per lot and changed in place: the page stays calm and the focus where it is.

function cell(row, name) {
  const made = document.createElement("td");
  made.className = name;
  row.append(made);
  return made;
}

function put(parent, tag, name) {
  const made = document.createElement(tag);
  made.className = name;
  parent.append(made);
  return made;
}

function makeRow(code) {
  const row = document.createElement("tr");
  row.dataset.code = code;
  const name = cell(row, "name");
  const free = cell(row, "number");
  const part = cell(row, "share");
  const made = { row, open: put(name, "button", "open"), place: put(name, "small", "") };
  made.open.type = "button";
  made.count = put(free, "span", "count");
  made.of = put(free, "span", "of");
  made.bar = put(put(part, "div", "bar"), "span", "");
  made.badge = put(part, "span", "badge");
  made.price = cell(row, "price");
  made.age = cell(row, "age");
  row.addEventListener("click", () => open(code));
  return made;
}

function fill(lot) {
  if (!rows.has(lot.code)) rows.set(lot.code, makeRow(lot.code));
  const made = rows.get(lot.code);
  const place = [said(lot, "district"), word(lot.kind)];
  if (state.me) place.unshift(far(distance(lot)));
  made.row.className = [tone(lot), lot.code === state.chosen ? "chosen" : ""].join(" ");
  made.open.textContent = said(lot, "name");
  made.place.textContent = place.join(" · ");
  made.count.textContent = number(lot.free);
  made.of.textContent = ` / ${number(lot.capacity)}`;
  made.bar.style.setProperty("--share", share(lot));
  const badges = { full: "full", almost_full: "almostFull", closed: "closed" };
  made.badge.textContent = lot.status in badges ? word(badges[lot.status]) : "";
  made.badge.hidden = lot.status === "open";
  made.price.textContent = lot.tariff ? said(lot.tariff, "name") : word("noTariff");
  made.age.textContent = ago(lot.updated_at);
  plan.update(lot, tone(lot), `${said(lot, "name")}: ${number(lot.free)} / ${number(lot.capacity)}`);
  return made.row;
}

function totals() {
  const all = [...lots.values()];
  const sum = (field) => all.reduce((total, lot) => total + lot[field], 0);
  const [free, capacity] = [sum("free"), sum("capacity")];
  $("total-free").textContent = number(free);
  $("total-capacity").textContent = word("ofCapacity", number(capacity));
  $("total-bar").style.setProperty("--share", capacity ? free / capacity : 0);
  $("total-lots").textContent = number(all.length);
  $("total-almost").textContent = number(all.filter((lot) => lot.status === "almost_full").length);
  $("total-full").textContent = number(all.filter((lot) => lot.status === "full").length);
}

function list() {
  const shown = sorted(wanted());
  const some = shown.slice(0, state.rows).map(fill);
  const held = $("rows").children;
  if (some.length !== held.length || some.some((row, at) => row !== held[at])) {
    const focused = document.activeElement;
    $("rows").replaceChildren(...some);
    if (focused?.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
  }
  $("caption").textContent = shown.length ? word("shown", number(shown.length)) : word("nothing");
  $("more").hidden = shown.length <= state.rows;
  for (const head of document.querySelectorAll("th[data-sort]")) {
    head.toggleAttribute("aria-sort", head.dataset.sort === state.sort);
    if (head.dataset.sort === state.sort) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
  }
  return shown;
}

function draw() {
  const shown = list();
  const free = shown.reduce((total, lot) => total + lot.free, 0);
  const label = word("map", number(shown.length), number(free));
  plan.draw(shown, { tone, label, district: (lot) => said(lot, "district"), me: state.me });
  shown.forEach((lot) => plan.update(lot, tone(lot), `${said(lot, "name")}: ${number(lot.free)} / ${number(lot.capacity)}`));
  plan.mark(state.chosen);
  totals();
}

function choices(select, values, label) {
  const before = select.value;
  const none = new Option(word("all"), "");
  select.replaceChildren(none, ...[...values].sort().map((value) => new Option(label(value), value)));
  select.value = values.has(before) ? before : "";
}

function speak() {
  document.documentElement.lang = languages[state.language];
  document.title = `OneLot ${word("title")}`;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = word(node.dataset.text);
  $("search-words").placeholder = word("placeholder");
  $("language").textContent = word("other");
  $("language").lang = languages[1 - state.language];
  connection($("connection").dataset.state);
  const districts = new Map([...lots.values()].map((lot) => [lot.district_zh, said(lot, "district")]));
  choices($("district"), new Set(districts.keys()), (name) => districts.get(name));
  choices($("kind"), new Set([...lots.values()].map((lot) => lot.kind)), word);
  draw();
}

// One lot in full.

function choose(code) {
  state.chosen = code;
  plan.mark(code);
  for (const [at, made] of rows) made.row.classList.toggle("chosen", at === code);
  rows.get(code)?.row.scrollIntoView({ block: "nearest" });
}

const item = (line) => Object.assign(document.createElement("li"), { textContent: line });

// What a lot says that it offers, a line for each.
function offers(of) {
  if (!of) return [];
  const isOpen = of.is_open === null ? "" : word(of.is_open ? "openNow" : "closedNow");
  const metres = (cm) => number(cm / 100);
  return [
    of.opening_hours && [word("openingHours", of.opening_hours), isOpen].filter(Boolean).join(" · "),
    ...of.spaces.map((each) => word(each.power_kw ? "spacesPower" : "spaces", word(each.kind), number(each.count), each.power_kw)),
    of.height_max_cm && word("heightMax", metres(of.height_max_cm)),
    of.width_max_cm && word("widthMax", metres(of.width_max_cm)),
    of.entrances.length && word("entrances", of.entrances.map((each) => said(each, "name")).join(word("comma"))),
  ].filter(Boolean);
}

async function open(code) {
  choose(code);
  const answer = await fetch(`/v1/lots/${encodeURIComponent(code)}`).catch(() => null);
  if (!answer?.ok) return notice("failed");
  const lot = await answer.json();
  const tariff = lot.tariff;
  $("detail-name").textContent = said(lot, "name");
  $("detail-place").textContent = [said(lot, "district"), lot.address_zh, word(lot.kind)].filter(Boolean).join(" · ");
  $("detail-free").className = `figure ${tone(lot)}`;
  $("detail-free").textContent = `${number(lot.free)} / ${number(lot.capacity)}`;
  $("detail-offers").replaceChildren(...offers(lot.facilities).map(item));
  $("detail-tariff").textContent = tariff ? said(tariff, "name") : word("noTariff");
  const board = tariff ? tariff.board[state.language ? "en" : "zh"] : [];
  $("detail-board").replaceChildren(...board.map(item));
  $("detail-more").hidden = !tariff;
  if (tariff) $("detail-more").href = `/tariffs/${encodeURIComponent(tariff.code)}?version=${tariff.version}&lang=${state.language ? "en" : "zh"}`;
  $("detail-counted").textContent = lot.counted_at ? word("counted", ago(lot.counted_at)) : word("neverCounted");
  if (!$("detail").open) $("detail").showModal();
}

// Data: the list once, then the stream. A browser reconnects by itself, except where the server refused.

function connection(now) {
  $("connection").dataset.state = now;
  $("connection").textContent = word(now);
}

function notice(key) {
  $("notice").hidden = !key;
  $("notice").textContent = key ? word(key) : "";
}

async function load() {
  for (let offset = 0, total = 1; offset < total; offset += PAGE) {
    const answer = await fetch(`/v1/lots?limit=${PAGE}&offset=${offset}`);
    if (!answer.ok) throw new Error(`the list answered ${answer.status}`);
    const page = await answer.json();
    total = page.total;
    for (const lot of page.lots) lots.set(lot.code, { ...lot, text: text(lot) });
  }
}

let resort = 0;
function change(live) {
  let strangers = false;
  for (const now of live) {
    const lot = lots.get(now.code);
    if (!lot) {
      strangers = true;
      continue;
    }
    const moved = lot.free !== now.free;
    Object.assign(lot, now);
    if (!rows.has(lot.code)) continue;
    const row = fill(lot);
    if (moved) {
      row.classList.add("touched");
      setTimeout(() => row.classList.remove("touched"), 1500);
    }
  }
  totals();
  if (strangers) load().then(speak, () => notice("failed"));
  resort ||= setTimeout(() => {
    resort = 0;
    list();
  }, SORT_PAUSE_MS);
}

function follow() {
  const source = new EventSource("/v1/lots/stream");
  const take = (event) => {
    const news = JSON.parse(event.data);
    // Ages are told by the service's clock: the one in a phone may be wrong.
    state.skew = Date.parse(news.as_of) - Date.now();
    connection("live");
    change(news.lots);
  };
  source.addEventListener("snapshot", take);
  source.addEventListener("change", take);
  source.addEventListener("error", () => {
    connection("away");
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, RETRY_MS * (1 + Math.random()));
  });
}

async function begin() {
  try {
    await load();
  } catch {
    notice("failed");
    setTimeout(begin, RETRY_MS);
    return;
  }
  notice(null);
  speak();
  follow();
}

// What people do.

$("filters").addEventListener("submit", (event) => event.preventDefault());
$("filters").addEventListener("input", () => {
  state.rows = ROWS;
  draw();
});
$("more").addEventListener("click", () => {
  state.rows += ROWS;
  list();
});
$("language").addEventListener("click", () => {
  state.language = 1 - state.language;
  localStorage.setItem("language", state.language);
  speak();
});
$("near").addEventListener("click", () => {
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      Object.assign(state, { me: { latitude: coords.latitude, longitude: coords.longitude }, sort: "distance", down: false });
      $("near").setAttribute("aria-pressed", "true");
      draw();
    },
    () => notice("noPlace"),
    { maximumAge: 60_000, timeout: 10_000 },
  );
});
for (const head of document.querySelectorAll("th[data-sort]")) {
  head.firstElementChild.addEventListener("click", () => {
    const first = head.dataset.sort === "free" || head.dataset.sort === "share";
    state.down = state.sort === head.dataset.sort ? !state.down : first;
    state.sort = head.dataset.sort;
    list();
  });
}
$("close").addEventListener("click", () => $("detail").close());
$("detail").addEventListener("click", (event) => {
  if (event.target === $("detail")) $("detail").close();
});
setInterval(() => {
  for (const lot of lots.values()) if (rows.has(lot.code)) rows.get(lot.code).age.textContent = ago(lot.updated_at);
}, 15_000);

const kept = localStorage.getItem("language");
state.language = kept === null ? Number(!navigator.language.toLowerCase().startsWith("zh")) : Number(kept);
begin();
