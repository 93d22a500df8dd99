// Keys and touch.

import { byId } from "./dom.js";
import { isHelpOpen, openHelp } from "./help.js";
import { close, play, playOrStop, showControls, turn, turnTo } from "./slideshow.js";
import { view } from "./view.js";

const SWIPE = 40; // pixels

const KEYS = {
  ArrowLeft: () => turn(-1),
  ArrowRight: () => turn(1),
  Home: () => turnTo(0),
  End: () => turnTo(-1),
  Escape: close,
  " ": playOrStop,
};

export function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || isHelpOpen()) return;
  if (event.key === "?") return openHelp();
  if (view.hidden) {
    if (event.key === "s") play();
    if (event.key !== "/" || byId("search").hidden) return;
    event.preventDefault();
    return byId("search").focus();
  }
  showControls();
  if (event.key === "Tab") return keepWithin(view, event);
  if (event.key === " " && event.target.closest("button, a")) return;
  if (!(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key]();
}

function keepWithin(dialog, event) {
  const stops = [...dialog.querySelectorAll("a[href], button")];
  const [first, last] = [stops[0], stops.at(-1)];
  const [edge, other] = event.shiftKey ? [first, last] : [last, first];
  if (document.activeElement !== edge && dialog.contains(document.activeElement)) return;
  event.preventDefault();
  other.focus();
}

export function watchSwipes() {
  let begun = null;
  view.addEventListener("touchstart", (event) => {
    begun = event.touches.length === 1 ? event.touches[0] : null;
  }, { passive: true });
  view.addEventListener("touchend", (event) => {
    const ended = event.changedTouches[0];
    if (begun === null || visualViewport.scale > 1) return; // zoomed in: the finger pans
    const across = ended.clientX - begun.clientX;
    const along = ended.clientY - begun.clientY;
    if (Math.abs(across) > SWIPE && Math.abs(across) > Math.abs(along)) turn(across < 0 ? 1 : -1);
  });
}
