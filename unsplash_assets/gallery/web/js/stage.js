// The stage of the large view: two slides, of which one is seen while the other loads. A slide has
// the picture of a photo, or of two photos side by side.

import { wait } from "./dom.js";
import { linkOf } from "./photo.js";

const PANS = 4; // ways in which a picture may move; the style has them

const stage = document.querySelector("#view .stage");
const slides = [...stage.querySelectorAll(".slide")];
let pan = 0;

// Whether the stage is wide enough for two pictures that are higher than wide.
export const isWide = () => stage.clientWidth > stage.clientHeight * 1.2;

// Begins to load photos into the slide that is not seen. Gives it, its pictures, and a promise of
// which of them have loaded.
export function load(wanted) {
  const slide = slides.find((candidate) => !candidate.classList.contains("on"));
  const pictures = [...slide.querySelectorAll("img")].slice(0, wanted.length);
  for (const picture of slide.querySelectorAll("img")) picture.removeAttribute("src");
  const loaded = wanted.map((photo, place) => loadInto(pictures[place], photo));
  const small = linkOf(wanted[0]).querySelector("img").src;
  slide.style.setProperty("--small", `url("${small}")`);
  return { slide, pictures, photos: wanted, loaded: Promise.all(loaded) };
}

function loadInto(picture, photo) {
  const link = linkOf(photo);
  picture.style.backgroundImage = `url("${link.querySelector("img").src}")`;
  picture.src = link.href;
  return picture.decode().then(() => true, () => false);
}

// Shows a slide, with those of its pictures that are wanted.
export function reveal({ slide, pictures, photos }, isWanted) {
  for (const picture of stage.querySelectorAll("img")) {
    const place = pictures.indexOf(picture);
    const isOn = place >= 0 && isWanted[place];
    picture.classList.toggle("on", isOn);
    picture.alt = isOn ? linkOf(photos[place]).querySelector("img").alt : "";
    if (slide.contains(picture)) picture.hidden = !isOn;
  }
  pan = (pan + 1) % PANS;
  slide.dataset.pan = pan;
  slide.classList.toggle("pair", isWanted.filter(Boolean).length === 2);
  for (const other of slides) other.classList.toggle("on", other === slide);
  slide.hidden = false;
}

// Hides the slide that is not seen, where none fades.
export function hideOther() {
  for (const slide of slides) slide.hidden = !slide.classList.contains("on");
}

// Returns which pictures have loaded in time; those that have not count as missing.
export const loadedWithin = (loading, milliseconds) =>
  Promise.race([loading.loaded, wait(milliseconds).then(() => null)]);
