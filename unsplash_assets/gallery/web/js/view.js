// The large view: one photo, its caption, and the way back to the grid.

import { byId, wait } from "./dom.js";
import { linkOf } from "./photo.js";

const QUICK = 120; // milliseconds; a picture that loads faster needs no thumbnail first

export const view = byId("view");
export const caption = view.querySelector(".caption");
const [...layers] = view.querySelectorAll(".stage img");

export let current = null; // the photo in the large view
export let isLoading = false; // whether its picture is not shown yet
let latestRequest = 0; // to show a photo; a picture that loads after the next request is ignored

export function openView() {
  view.hidden = false;
  byId("gallery").inert = true;
  view.focus();
}

// Returns the photo that was shown.
export function closeView() {
  const photo = current;
  current = null;
  latestRequest += 1;
  view.hidden = true;
  byId("gallery").inert = false;
  return photo;
}

// Shows a photo, its thumbnail first if the picture takes a while.
export async function show(photo) {
  const load = begin(photo);
  const isWhole = await Promise.race([load.whole, wait(QUICK)]);
  if (!load.isLatest()) return;
  swap(load, photo);
  for (const layer of layers) layer.hidden = layer !== load.layer;
  if (isWhole || (await load.whole) || !load.isLatest()) return;
  reportMissing();
}

// Shows a photo once its picture has loaded. Returns whether it has in time, or null if another
// photo was asked for meanwhile. Until then, and if it has not, the last one stays.
export async function showWhole(photo, within) {
  const load = begin(photo);
  const isWhole = Boolean(await Promise.race([load.whole, wait(within)]));
  if (!load.isLatest()) return null;
  if (isWhole) swap(load, photo);
  return isWhole;
}

function begin(photo) {
  current = photo;
  isLoading = true;
  const request = ++latestRequest;
  const link = linkOf(photo);
  const layer = layers.find((candidate) => !candidate.classList.contains("on"));
  layer.removeAttribute("src");
  layer.style.backgroundImage = `url("${link.querySelector("img").src}")`;
  layer.src = link.href;
  const whole = layer.decode().then(() => true, () => false);
  return { layer, whole, isLatest: () => request === latestRequest };
}

function swap({ layer }, photo) {
  isLoading = false;
  const { alt } = linkOf(photo).querySelector("img");
  for (const other of layers) {
    other.classList.toggle("on", other === layer);
    other.alt = other === layer ? alt : "";
  }
  layer.hidden = false;
  describe(photo, alt);
}

function describe(photo, alt) {
  const words = document.createElement("p");
  words.dir = "auto";
  words.textContent = alt;
  caption.replaceChildren(words, ...photo.querySelector("figcaption").cloneNode(true).childNodes);
}

function reportMissing() {
  const message = document.createElement("p");
  message.textContent = "This picture cannot be shown: its file is missing or damaged.";
  caption.prepend(message);
}
