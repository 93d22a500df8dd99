// Makes the element of a photo from the server's JSON; the page has an empty one to begin with.
//
// What people wrote comes in as text, and is never parsed.

import { byId } from "../dom.js";
import { decorate, linkOf } from "../photo.js";

const UNITS = ["bytes", "kB", "MB", "GB"];
const isDemo = document.documentElement.dataset.mode === "demo";

export function elementOf(item) {
  const photo = byId("blank").content.querySelector(".photo").cloneNode(true);
  Object.assign(photo.dataset, { key: item.number, id: item.id, topic: item.topic, color: item.color ?? "#8a8a86" });
  if (item.blur_hash) photo.dataset.blur = item.blur_hash;
  const link = linkOf(photo);
  link.href = item.picture;
  const picture = link.querySelector("img");
  Object.assign(picture, { width: item.width, height: item.height, alt: item.alt });
  picture.src = item.thumbnail;
  const credit = ["Photo by ", anchor(item.photographer, item.photographer_link), " on ", anchor("Unsplash", item.page_link)];
  photo.querySelector(".credit").replaceChildren(...credit, isDemo ? " (demo)" : "");
  describeFile(photo.querySelector(".facts"), item);
  markFavourite(photo, item.favourite);
  decorate(photo);
  return photo;
}

export function markFavourite(photo, isFavourite) {
  photo.classList.toggle("favourite", isFavourite);
}

function describeFile(facts, item) {
  const topic = facts.querySelector("bdi");
  const time = facts.querySelector("time");
  topic.textContent = item.topic;
  time.dateTime = item.stored_at;
  facts.replaceChildren(topic, ` · ${item.width} × ${item.height} · ${sizeOf(item.bytes)} · `, time);
}

function anchor(text, href) {
  if (!href) return text;
  return Object.assign(document.createElement("a"), { href, textContent: text });
}

function sizeOf(bytes) {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const number = bytes / 1000 ** power;
  return `${number.toFixed(power && number < 100 ? 1 : 0)} ${UNITS[power]}`;
}
