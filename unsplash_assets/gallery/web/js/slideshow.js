// The slide show: one photo after another, the newest first, and new ones in between.

import { byId } from "./dom.js";
import { updateHeading } from "./heading.js";
import { linkOf } from "./photo.js";
import { photos } from "./source.js";
import { caption, closeView, current, isLoading, openView, show, showWhole, view } from "./view.js";

const SHOWN_FOR = 10; // seconds, unless #slideshow=SECONDS sets it
const SKIP_AFTER = 1; // seconds until the next photo if a picture cannot be shown
const LOAD_WITHIN = 30_000; // milliseconds for a picture of the slide show to load
const MAX_SECONDS = 86_400; // of #slideshow=SECONDS; a timer has a limit
const IDLE_AFTER = 3_000; // milliseconds

let playing = false;
let seconds = SHOWN_FOR;
let timer = 0;
let idle = 0;
let arrived = []; // new photos that the slide show has not shown yet, oldest first
let resume = null; // the photo after which to go on once they were shown
let wakeLock = null;
let isDue = false; // whether the slide show starts as soon as there is a photo

export async function play(first) {
  playing = true;
  isDue = false;
  arrived = [];
  resume = null;
  view.classList.add("playing");
  caption.setAttribute("aria-live", "off");
  byId("pause").setAttribute("aria-pressed", "true");
  history.replaceState(null, "", location.hash.startsWith("#slideshow") ? location.hash : "#slideshow");
  if (navigator.userActivation?.isActive) document.documentElement.requestFullscreen?.().catch(() => {});
  keepScreenOn();
  showControls();
  openView();
  display(await first);
}

export function stop() {
  if (!playing) return;
  playing = false;
  clearTimeout(timer);
  view.classList.remove("playing", "idle");
  caption.setAttribute("aria-live", "polite");
  byId("pause").setAttribute("aria-pressed", "false");
  history.replaceState(null, "", location.pathname + location.search);
  if (document.fullscreenElement) document.exitFullscreen();
  wakeLock?.release();
  wakeLock = null;
  if (isLoading) show(current);
}

export const playOrStop = () => (playing ? stop() : play(current));

// Opens the large view with a photo.
export function open(photo) {
  openView();
  show(photo);
}

// Closes the large view, whether the slide show is running or not.
export async function close() {
  stop();
  const photo = closeView();
  refresh();
  const back = photo.isConnected ? photo : await photos.at(0);
  if (back) linkOf(back).focus();
}

// Turns to the photo at a place among the chosen ones; a place beyond the end is at the beginning.
export async function turnTo(index) {
  const photo = (await photos.at(within(index))) ?? current;
  resume = null;
  return playing ? display(photo) : show(photo);
}

export const turn = (step) => turnTo(photos.indexOf(current) + step);

const within = (index) => (index + photos.count) % photos.count;

async function display(photo) {
  clearTimeout(timer);
  const isShown = await showWhole(photo, LOAD_WITHIN);
  if (isShown === null || !playing) return; // another was asked for, or it was stopped
  // A file that is missing or damaged, or a server that is down, is not waited for.
  timer = setTimeout(advance, (isShown ? seconds : SKIP_AFTER) * 1000);
}

async function advance() {
  if (document.hidden) return; // it goes on when the page is visible again
  arrived = arrived.filter((one) => one.isConnected && !one.hidden);
  if (arrived.length) {
    resume ??= current;
    return display(arrived.shift());
  }
  const next = (await photos.at(within(photos.indexOf(resume ?? current) + 1))) ?? current;
  resume = null;
  refresh();
  display(next);
}

// Takes in new photos, the newest first.
export function welcome(arrivals) {
  if (playing) arrived.push(...[...arrivals].reverse());
  refresh();
}

// Brings the page up to date with its photos.
export async function refresh() {
  photos.settle((photo) => photo === current || photo === resume);
  updateHeading();
  if (isDue && photos.count) play(photos.at(0));
}

// Goes on after the page was hidden.
export function wake() {
  if (!playing) return;
  keepScreenOn();
  display(current); // restarts its timer
}

export function showControls() {
  view.classList.remove("idle");
  clearTimeout(idle);
  idle = setTimeout(() => view.classList.add("idle"), IDLE_AFTER);
}

// Starts the slide show if the address asks for it.
export function beginByAddress() {
  const found = /^#slideshow(?:=(\d+))?$/.exec(location.hash);
  if (found?.[1]) seconds = Math.min(Math.max(1, Number(found[1])), MAX_SECONDS);
  isDue = found !== null && !playing;
  refresh();
}

export function onFullscreenChange() {
  if (!document.fullscreenElement && playing) close();
}

async function keepScreenOn() {
  try {
    wakeLock = (await navigator.wakeLock?.request("screen")) ?? null;
  } catch {
    wakeLock = null; // not granted, as for files: the system's settings apply
  }
  if (!playing) wakeLock?.release(); // stopped in the meantime
}
