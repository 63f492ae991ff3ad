// What a page is made of is kept, so that it opens at once on a slow link; what changes is always asked for first, and
// shown as it was last where the network is away. Nothing that is for one person alone is kept.
const KEPT = "onelot-1";
const STATIC = /^\/static\//;
const OPEN = /^\/(lots\/[^/]+)?$/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => {
  const others = async () => {
    for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(others());
});

async function keep(request, answer) {
  if (answer.ok) await (await caches.open(KEPT)).put(request, answer.clone());
  return answer;
}

async function fresh(request) {
  try {
    return await keep(request, await fetch(request));
  } catch (away) {
    const known = await caches.match(request);
    if (known) return known;
    throw away;
  }
}

async function known(request) {
  const found = await caches.match(request);
  const asked = fetch(request).then((answer) => keep(request, answer));
  if (!found) return asked;
  asked.catch(() => {});
  return found;
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (STATIC.test(url.pathname)) event.respondWith(known(event.request));
  else if (OPEN.test(url.pathname)) event.respondWith(fresh(event.request));
});
