// The large view: one photo, or two side by side, with captions, and the way back to the grid.

import { byId } from "./dom.js";
import { linkOf } from "./photo.js";
import { hideOther, load, loadedWithin, reveal } from "./stage.js";

const QUICK = 120; // milliseconds; a picture that loads faster needs no thumbnail first

export const view = byId("view");
export const caption = view.querySelector(".caption");

export let current = null; // the photo in the large view
export let isLoading = false; // whether its picture is not shown yet
let beside = null; // the photo beside it
let latestRequest = 0; // to show a photo; a picture that loads after the next request is ignored

export const isInView = (photo) => photo === current || photo === beside;

const watchers = []; // of which photo is in the large view

// Tells `onPhoto` of each photo that the large view shows, and of null when it closes.
export function watchView(onPhoto) {
  watchers.push(onPhoto);
}

export function openView() {
  view.hidden = false;
  byId("gallery").inert = true;
  if (!view.contains(document.activeElement)) view.focus();
}

// Returns the photo that was shown.
export function closeView() {
  const photo = current;
  current = null;
  beside = null;
  latestRequest += 1;
  view.hidden = true;
  byId("gallery").inert = false;
  for (const watcher of watchers) watcher(null);
  return photo;
}

// Shows a photo, its thumbnail first if the picture takes a while.
export async function show(photo) {
  const { loading, isLatest } = begin([photo]);
  await loadedWithin(loading, QUICK);
  if (!isLatest()) return;
  finish(loading, [true]);
  hideOther();
  const [isWhole] = await loading.loaded;
  if (!isWhole && isLatest()) reportMissing();
}

// Shows photos once their pictures have loaded. Returns whether one has in time, or null if other
// photos were asked for meanwhile. Until then, and if none has, the last ones stay.
export async function showWhole(wanted, milliseconds) {
  const { loading, isLatest } = begin(wanted);
  const loaded = (await loadedWithin(loading, milliseconds)) ?? [];
  if (!isLatest()) return null;
  if (!loaded.includes(true)) return false;
  finish(loading, loaded);
  return true;
}

function begin(wanted) {
  [current, beside = null] = wanted;
  isLoading = true;
  const request = ++latestRequest;
  for (const watcher of watchers) watcher(current);
  return { loading: load(wanted), isLatest: () => request === latestRequest };
}

function finish(loading, isWanted) {
  isLoading = false;
  reveal(loading, isWanted);
  caption.replaceChildren(...loading.photos.filter((_, place) => isWanted[place]).map(describe));
}

function describe(photo) {
  const words = document.createElement("p");
  words.className = "words";
  words.dir = "auto";
  words.textContent = linkOf(photo).querySelector("img").alt;
  const text = document.createElement("div");
  text.append(words, ...photo.querySelector("figcaption").cloneNode(true).childNodes);
  return text;
}

function reportMissing() {
  const message = document.createElement("p");
  message.textContent = "This picture cannot be shown: its file is missing or damaged.";
  caption.prepend(message);
}
