// The slide show: one photo after another in the order that is asked for, and new ones in between.

import { byId } from "./dom.js";
import { isHelpOpen } from "./help.js";
import { chooseBy, updateHeading } from "./heading.js";
import { tell } from "./notice.js";
import { readOptions, withChoice } from "./options.js";
import { linkOf, ratioOf } from "./photo.js";
import { Playlist } from "./playlist.js";
import { photos } from "./source.js";
import { isWide } from "./stage.js";
import { caption, closeView, current, isInView, isLoading, openView, show, showWhole, view } from "./view.js";
import { isAsleep, startWall, stopWall, wakeWall } from "./wall.js";

const LOAD_WITHIN = 30_000; // milliseconds for pictures of the slide show to load
const MAX_PAUSE = 60; // seconds until the next try if nothing can be shown, as a server is down
const IDLE_AFTER = 3_000; // milliseconds without a key or a movement
const QUIET_AFTER = 5_000; // milliseconds until a caption goes that is not to stay
const MAX_WAITING = 60; // new photos that wait for their turn

let playing = false;
let isDue = false; // whether the slide show starts as soon as there is a photo
let { options } = readOptions("");
let problems = []; // of the address
let unknown = null; // the topic that was asked for, until it is known whether there is one
let asked = ""; // the address's part that asked for the slide show
let playlist = new Playlist(options.order);
let arrived = []; // new photos that the slide show has not shown yet, oldest first
let failures = 0; // pictures in a row that could not be shown
let timer = 0;
let idle = 0;
let quiet = 0;

// Starts with a photo, or with the first one in the order.
export async function play(first = null) {
  if (!photos.count) return;
  playing = true;
  isDue = false;
  arrived = [];
  failures = 0;
  playlist = new Playlist(options.order);
  view.classList.add("playing");
  caption.setAttribute("aria-live", "off");
  byId("pause").setAttribute("aria-pressed", "true");
  history.replaceState(null, "", withChoice(asked, photos.choice, true));
  if (navigator.userActivation?.isActive) document.documentElement.requestFullscreen?.().catch(() => {});
  applyOptions();
  showControls();
  openView();
  const photo = first ?? (await playlist.next());
  if (!playing) return;
  if (!photo) return tryAgain();
  playlist.startAt(photo);
  display(photo);
}

export function stop() {
  if (!playing) return;
  playing = false;
  clearTimeout(timer);
  clearTimeout(quiet);
  stopWall();
  view.classList.remove("playing", "idle", "quiet");
  caption.setAttribute("aria-live", "polite");
  byId("pause").setAttribute("aria-pressed", "false");
  history.replaceState(null, "", withChoice(asked, photos.choice, false));
  if (document.fullscreenElement) document.exitFullscreen();
  if (isLoading && current) show(current);
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
  const back = photo?.isConnected ? photo : await photos.at(0);
  if (back) linkOf(back).focus();
}

// Turns to the photo at a place among the chosen ones; a place beyond the end is at the beginning.
export async function turnTo(index) {
  const photo = (photos.count && (await photos.at((index + photos.count) % photos.count))) || current;
  if (!playing) return show(photo);
  playlist.startAt(photo);
  return display(photo);
}

// Turns to the next photo or the one before; in the slide show these are the ones of its order.
export function turn(step) {
  if (playing && step > 0) return advance();
  const before = playing ? playlist.back() : null;
  if (!before) return turnTo(photos.indexOf(current) + step);
  playlist.startAt(before);
  return display(before, null, false);
}

async function display(photo, partner = null, isNew = true) {
  clearTimeout(timer);
  if (isNew && current && current !== photo) playlist.remember(current);
  const isShown = await showWhole(partner ? [photo, partner] : [photo], LOAD_WITHIN);
  if (isShown === null || !playing) return; // another was asked for, or it was stopped
  if (!isShown) return tryAgain(); // its file is missing or damaged, or the server is down
  failures = 0;
  timer = setTimeout(advance, options.seconds * 1000);
  view.classList.remove("quiet");
  clearTimeout(quiet);
  quiet = setTimeout(() => view.classList.add("quiet"), QUIET_AFTER);
}

// Goes on soon, and later and later while nothing can be shown.
function tryAgain() {
  clearTimeout(timer);
  timer = setTimeout(advance, Math.min(2 ** failures, MAX_PAUSE) * 1000);
  failures += 1;
}

async function advance() {
  if (document.hidden || isAsleep()) return; // it goes on when it can be seen again
  arrived = arrived.filter((one) => photos.indexOf(one) >= 0);
  const photo = arrived.shift() ?? (await playlist.next()) ?? current;
  if (!playing) return;
  if (!photo) return tryAgain();
  playlist.note(photo);
  refresh();
  display(photo, await partnerOf(photo));
}

function partnerOf(photo) {
  const isHigh = (other) => ratioOf(other) < 1;
  return options.pairs === "on" && isHigh(photo) && isWide() ? playlist.partner(photo, isHigh) : null;
}

// Takes in new photos, the newest first.
export function welcome(arrivals) {
  if (playing) arrived = [...arrived, ...[...arrivals].reverse()].slice(-MAX_WAITING);
  refresh();
}

// Brings the page up to date with its photos.
export function refresh() {
  checkTopic();
  photos.settle((photo) => isInView(photo) || photo === playlist.cursor);
  updateHeading();
  if (isDue && photos.count) play();
}

// Goes on after the page was hidden, or at the first of its hours.
export function goOn() {
  if (!playing) return;
  wakeWall();
  if (!isAsleep() && current) display(current); // restarts its timer
}

// Says once, as soon as the topics are known, that there is none of the name that was asked for.
function checkTopic() {
  const topics = photos.topics();
  if (unknown === null || !topics.size) return;
  if (!topics.has(unknown)) {
    problems.push(`topic=${unknown}: there is no such topic here. There are ${[...topics.keys()].join(", ")}.`);
    tell(problems);
  }
  unknown = null;
}

export function showControls() {
  view.classList.remove("idle");
  clearTimeout(idle);
  idle = setTimeout(() => view.classList.add("idle"), IDLE_AFTER);
}

// Does what the address asks for.
export function followAddress() {
  const read = readOptions(location.hash, photos.names);
  chooseBy(read.choice);
  ({ problems } = read);
  unknown = read.choice.topic;
  tell(problems);
  if (read.isSlideshow) {
    ({ options } = read);
    asked = location.hash;
    isDue = !playing;
  }
  refresh();
  if (playing && read.isSlideshow) restart();
}

function restart() {
  const { cursor } = playlist;
  playlist = new Playlist(options.order);
  if (cursor) playlist.startAt(cursor);
  applyOptions();
  if (current) display(current);
}

function applyOptions() {
  for (const name of ["fit", "captions", "transition"]) view.dataset[name] = options[name];
  view.style.setProperty("--seconds", `${options.seconds}s`);
  startWall(options, goOn);
}

export function onFullscreenChange() {
  if (!document.fullscreenElement && playing && !isHelpOpen()) close();
}
