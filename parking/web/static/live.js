// What changes of the lots of an area, and the worker that keeps pages for when the network is away.

const RETRY_MS = 3000;

// Calls `heard` with lots whose counts changed within the corners [west, south, east, north]; returns what ends it.
export function follow(corners, heard, connection = () => {}) {
  const margin = 0.002;
  const [west, south, east, north] = corners;
  const area = [west - margin, south - margin, east + margin, north + margin].map((each) => each.toFixed(4)).join(",");
  let source = null;
  let ended = false;
  const begin = () => {
    if (ended) return;
    // The browser itself says which event it heard last when it comes again.
    source = new EventSource(`/v1/lots/stream?bbox=${area}`);
    const take = (event) => {
      connection("live");
      heard(JSON.parse(event.data).lots);
    };
    source.addEventListener("snapshot", take);
    source.addEventListener("change", take);
    source.addEventListener("error", () => {
      if (ended) return;
      connection("away");
      if (source.readyState === EventSource.CLOSED) setTimeout(begin, RETRY_MS * (1 + Math.random()));
    });
  };
  begin();
  const end = () => {
    ended = true;
    source?.close();
    removeEventListener("pagehide", end);
  };
  addEventListener("pagehide", end);
  return end;
}

export function keepPages() {
  navigator.serviceWorker?.register("/sw.js").catch(() => {});
}
