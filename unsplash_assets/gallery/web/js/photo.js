// A photo: the element that `photo.html` draws, and what it says.

import { drawWhenNear } from "./blurhash.js";

const RATIOS = [0.4, 3]; // of the narrowest and the widest photo in the grid
const MOMENT = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
const WITHOUT_YEAR = new Intl.DateTimeFormat("en-GB", MOMENT);
const WITH_YEAR = new Intl.DateTimeFormat("en-GB", { ...MOMENT, year: "numeric" });

export const keyOf = (photo) => photo.dataset.key;
export const linkOf = (photo) => photo.querySelector(".picture");

export function ratioOf(photo) {
  const picture = linkOf(photo).querySelector("img");
  return picture.getAttribute("width") / picture.getAttribute("height");
}

// Gives a photo its shape and colour in the grid, and its time in the reader's zone.
export function decorate(photo) {
  const [narrow, wide] = RATIOS;
  photo.style.setProperty("--ratio", Math.min(Math.max(ratioOf(photo), narrow), wide) || 1.5);
  photo.style.setProperty("--color", photo.dataset.color);
  drawWhenNear(photo);
  const time = photo.querySelector("time");
  const moment = new Date(time.dateTime);
  const isOld = moment.getFullYear() !== new Date().getFullYear();
  time.textContent = (isOld ? WITH_YEAR : WITHOUT_YEAR).format(moment);
}
