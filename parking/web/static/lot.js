// One lot: its free spaces as they change, and its price as soon as another stay is chosen.

import { follow, keepPages } from "./live.js";

const figure = document.querySelector("[data-free]");
const [longitude, latitude] = [Number(figure.dataset.longitude), Number(figure.dataset.latitude)];
follow([longitude, latitude, longitude, latitude], (lots) => {
  const lot = lots.find((each) => each.code === figure.dataset.free);
  if (lot) figure.textContent = lot.free === null ? "–" : String(lot.free);
});
for (const form of document.querySelectorAll("form.stay")) {
  form.addEventListener("change", () => form.submit());
}
keepPages();
