// What a slide show on a wall does once a minute: the clock, the hours, the screen, and the drift.

import { byId } from "./dom.js";
import { drift, rest } from "./drift.js";
import { isActive } from "./options.js";
import { keepScreenOn, letScreenSleep } from "./screen.js";
import { photos } from "./source.js";
import { view } from "./view.js";

const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

const CHECK_AT_NIGHT = 15; // minutes of the night; so no more photos arrive at once than the news lists

const clock = byId("clock");
let hours = null;
let onWake = null;
let nextBeat = 0;

export const isAsleep = () => view.classList.contains("asleep");

// Begins, or goes on with other options; calls onWake at the first of the hours.
export function startWall(options, whenAwake) {
  ({ hours } = options);
  onWake = whenAwake;
  clock.hidden = options.clock === "off";
  view.classList.remove("asleep");
  beat();
}

export function stopWall() {
  clearTimeout(nextBeat);
  view.classList.remove("asleep");
  clock.hidden = true;
  rest(view);
  letScreenSleep();
}

// Catches up with the time after the page was hidden.
export function wakeWall() {
  beat({ isSilent: true });
}

function beat({ isSilent = false } = {}) {
  const now = new Date();
  clearTimeout(nextBeat);
  nextBeat = setTimeout(beat, 60_000 - (now % 60_000)); // at the next full minute
  clock.textContent = TIME.format(now);
  drift(view, now);
  const wasAsleep = isAsleep();
  const isNight = !isActive(hours, now);
  view.classList.toggle("asleep", isNight);
  if (isNight) {
    letScreenSleep();
    if (now.getMinutes() % CHECK_AT_NIGHT === 0) photos.check();
    return;
  }
  keepScreenOn();
  if (!wasAsleep || isSilent) return;
  photos.check();
  onWake();
}
