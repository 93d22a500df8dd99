// The gallery: connects its parts with what people do. It loads nothing but what is beside the page.

import { byId } from "./dom.js";
import { watchSearch } from "./heading.js";
import { watchHelp } from "./help.js";
import { onKey, watchSwipes } from "./keys.js";
import {
  close, followAddress, goOn, onFullscreenChange, open, play, playOrStop, showControls, turn, welcome,
} from "./slideshow.js";
import { photos, takePhotosFrom } from "./source.js";
import { view } from "./view.js";
import { isAsleep } from "./wall.js";

export function start(source) {
  takePhotosFrom(source);
  byId("photos").addEventListener("click", (event) => {
    const link = event.target.closest(".picture");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link.closest(".photo"));
  });
  byId("play").addEventListener("click", () => play());
  byId("pause").addEventListener("click", playOrStop);
  byId("previous").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));
  byId("close").addEventListener("click", close);
  addEventListener("keydown", onKey);
  for (const kind of ["pointermove", "click"]) view.addEventListener(kind, showControls);
  document.addEventListener("fullscreenchange", onFullscreenChange);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    photos.check();
    goOn();
  });
  watchSwipes();
  watchSearch();
  watchHelp();
  photos.start(welcome, () => document.hidden || isAsleep());
  addEventListener("hashchange", followAddress);
  followAddress();
}
