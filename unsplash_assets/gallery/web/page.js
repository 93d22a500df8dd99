// What the gallery does: topics, the large view, the slide show, and new photos without a reload.
//
// It asks nobody but the folder or server that it is from. New photos come from the page of news,
// opened in a hidden frame that tells what there is: that works for files too, where a page may
// not read its neighbours. Text is only ever moved with its element, never parsed here, but for
// the frame's list, which is ours and bound by this page's policy.

const NEWS = "_gallery/page/news.html";
const LOOK_EVERY = 20_000; // milliseconds
const ANSWER_WITHIN = 10_000; // milliseconds
const SHOWN_FOR = 10; // seconds, or as #slideshow=SECONDS has it
const MISSED_FOR = 1; // seconds before the next, where a picture cannot be shown
const PATIENCE = 30_000; // milliseconds in which a picture of the slide show must have come
const AT_ONCE = 120; // milliseconds in which it is not worth showing the small one first
const LONGEST = 86_400; // seconds that #slideshow= may ask for; a timer has a limit
const IDLE_AFTER = 3_000; // milliseconds
const SWIPE = 40; // pixels
const RATIOS = [0.4, 3]; // the narrowest and the widest that a photo is in the grid

const byId = (id) => document.getElementById(id);
const list = byId("photos");
const build = document.documentElement.dataset.build;

const photos = () => [...list.children];
const key = (photo) => photo.dataset.key;
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// --- The grid ----------------------------------------------------------------------------------

const MOMENT = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
const WITHOUT_YEAR = new Intl.DateTimeFormat("en-GB", MOMENT);
const WITH_YEAR = new Intl.DateTimeFormat("en-GB", { ...MOMENT, year: "numeric" });

let topic = null; // the one that is shown alone, or null for all

const shown = () => photos().filter((photo) => !photo.hidden);

function dress(photo) {
  const picture = photo.querySelector(".picture img");
  const ratio = picture.getAttribute("width") / picture.getAttribute("height");
  const [narrow, wide] = RATIOS;
  photo.style.setProperty("--ratio", Math.min(Math.max(ratio, narrow), wide) || 1.5);
  photo.style.setProperty("--color", photo.dataset.color);
  const time = photo.querySelector("time");
  const moment = new Date(time.dateTime);
  const isOld = moment.getFullYear() !== new Date().getFullYear();
  time.textContent = (isOld ? WITH_YEAR : WITHOUT_YEAR).format(moment);
}

function count() {
  const number = shown().length;
  byId("count").textContent =
    `${number.toLocaleString("en")} ${number === 1 ? "photo" : "photos"}${topic === null ? "" : ` of ${topic}`}`;
}

function sift() {
  for (const photo of photos()) photo.hidden = topic !== null && photo.dataset.topic !== topic;
  byId("empty").hidden = list.children.length > 0;
  byId("play").hidden = list.children.length === 0;
  count();
}

function offerTopics() {
  const numbers = new Map();
  for (const { dataset } of photos()) numbers.set(dataset.topic, (numbers.get(dataset.topic) ?? 0) + 1);
  if (topic !== null && !numbers.has(topic)) topic = null;
  const names = [...numbers.keys()].sort((a, b) => a.localeCompare(b));
  const focused = byId("topics").contains(document.activeElement) ? document.activeElement.value : null;
  byId("topics").replaceChildren(
    topicButton(null, "All", list.children.length),
    ...names.map((name) => topicButton(name, name, numbers.get(name))),
  );
  byId("topics").hidden = names.length < 2;
  if (focused !== null) [...byId("topics").children].find((button) => button.value === focused)?.focus();
}

function topicButton(value, label, number) {
  const button = document.createElement("button");
  button.type = "button";
  button.value = value ?? "";
  const name = document.createElement("bdi");
  name.textContent = label;
  button.append(name, ` ${number.toLocaleString("en")}`);
  button.setAttribute("aria-pressed", topic === value);
  button.addEventListener("click", () => {
    topic = value;
    for (const other of byId("topics").children) other.setAttribute("aria-pressed", other === button);
    sift();
    byId("said").textContent = byId("count").textContent; // a choice is told, a new photo is not
  });
  return button;
}

// --- The large view ----------------------------------------------------------------------------

const view = byId("view");
const caption = view.querySelector(".caption");
const [...layers] = view.querySelectorAll(".stage img");
let current = null; // the photo in the large view

let asked = 0; // how often a photo was to be shown: what comes late is not shown any more

async function show(photo) {
  clearTimeout(timer);
  current = photo;
  const mine = ++asked;
  const link = photo.querySelector(".picture");
  const small = link.querySelector("img");
  const layer = layers.find((candidate) => !candidate.classList.contains("on"));
  layer.removeAttribute("src");
  layer.style.backgroundImage = `url("${small.src}")`;
  layer.src = link.href;
  const whole = layer.decode().then(() => true, () => false);
  const isWhole = await Promise.race([whole, wait(playing ? PATIENCE : AT_ONCE)]);
  if (mine !== asked) return;
  if (playing) timer = setTimeout(advance, (isWhole ? seconds : MISSED_FOR) * 1000);
  if (playing && !isWhole) return; // its file is missing or damaged, or the server is away
  for (const other of layers) {
    other.hidden = other !== layer && !playing;
    other.classList.toggle("on", other === layer);
    other.alt = other === layer ? small.alt : "";
  }
  layer.hidden = false;
  describe(photo, small.alt);
  if (!playing && !(await whole) && mine === asked) complain();
}

function describe(photo, alt) {
  const words = document.createElement("p");
  words.dir = "auto";
  words.textContent = alt;
  caption.replaceChildren(words, ...photo.querySelector("figcaption").cloneNode(true).childNodes);
}

function complain() {
  const trouble = document.createElement("p");
  trouble.textContent = "This picture cannot be shown: its file is missing or damaged.";
  caption.prepend(trouble);
}

function open(photo) {
  view.hidden = false;
  byId("gallery").inert = true;
  view.focus();
  show(photo);
}

function close() {
  stop();
  const photo = current;
  current = null;
  asked += 1;
  view.hidden = true;
  byId("gallery").inert = false;
  tidy();
  (photo.isConnected ? photo : shown()[0])?.querySelector(".picture").focus();
}

function beside(photo, step) {
  const all = shown();
  return all.at((all.indexOf(photo) + step) % all.length) ?? photo;
}

function turnTo(photo) {
  resume = null;
  show(photo);
}

const turn = (step) => turnTo(beside(current, step));

// --- The slide show ----------------------------------------------------------------------------

let playing = false;
let seconds = SHOWN_FOR;
let timer = 0;
let idle = 0;
let arrived = []; // photos that came since, the first first
let resume = null; // where to go on once these were shown
let wake = null;
let isDue = false; // whether the slide show is to begin with the first photo

function play(first) {
  playing = true;
  isDue = false;
  arrived = [];
  resume = null;
  view.classList.add("playing");
  caption.setAttribute("aria-live", "off");
  byId("pause").setAttribute("aria-pressed", "true");
  history.replaceState(null, "", location.hash.startsWith("#slideshow") ? location.hash : "#slideshow");
  if (navigator.userActivation?.isActive) document.documentElement.requestFullscreen?.().catch(() => {});
  stayAwake();
  stir();
  open(first);
}

function stop() {
  if (!playing) return;
  playing = false;
  clearTimeout(timer);
  view.classList.remove("playing", "idle");
  caption.setAttribute("aria-live", "polite");
  byId("pause").setAttribute("aria-pressed", "false");
  history.replaceState(null, "", location.pathname + location.search);
  if (document.fullscreenElement) document.exitFullscreen();
  wake?.release();
  wake = null;
}

function advance() {
  if (document.hidden) return; // nobody sees it: it goes on when the page is seen again
  arrived = arrived.filter((one) => one.isConnected && !one.hidden);
  if (arrived.length) {
    resume ??= current;
    return show(arrived.shift());
  }
  const next = beside(resume ?? current, 1);
  resume = null;
  tidy();
  show(next);
}

function stir() {
  view.classList.remove("idle");
  clearTimeout(idle);
  idle = setTimeout(() => view.classList.add("idle"), IDLE_AFTER);
}

async function stayAwake() {
  try {
    wake = (await navigator.wakeLock?.request("screen")) ?? null;
  } catch {
    wake = null; // not granted, as for files: the screen's own settings decide
  }
  if (!playing) wake?.release(); // it was stopped meanwhile
}

// --- New photos --------------------------------------------------------------------------------

let gone = new Set(); // photos that are not in the gallery any more, though one may be shown still

function look() {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.title = "What is new";
  frame.src = `${NEWS}?at=${Date.now()}`; // never from a cache
  const heard = (event) => {
    if (event.source !== frame.contentWindow) return;
    done();
    take(event.data);
  };
  const done = () => {
    removeEventListener("message", heard);
    frame.remove();
  };
  addEventListener("message", heard);
  setTimeout(done, ANSWER_WITHIN);
  document.body.append(frame);
}

function take(told) {
  if (told.build !== build) return location.reload(); // by another version, or of other photos
  const known = new Set(photos().map(key));
  const unknown = new Set(told.keys.filter((one) => !known.has(one)));
  const keys = new Set(told.keys);
  gone = new Set(photos().filter((photo) => !keys.has(key(photo))));
  const fresh = unknown.size ? parsed(told.newest).filter((photo) => unknown.has(key(photo))) : [];
  if (fresh.length < unknown.size) return location.reload(); // more came than the news can tell
  if (!fresh.length && !gone.size) return;
  list.prepend(...fresh);
  fresh.forEach(dress);
  if (playing) arrived.push(...fresh.reverse());
  tidy();
}

function parsed(items) {
  const page = new DOMParser().parseFromString(`<ul>${items}</ul>`, "text/html");
  return [...page.querySelectorAll("li")];
}

function tidy() {
  for (const photo of gone) if (photo !== current && photo !== resume) photo.remove();
  offerTopics();
  sift();
  if (isDue && shown().length) play(shown()[0]);
}

// --- Keys, clicks, touch -----------------------------------------------------------------------

const KEYS = {
  ArrowLeft: () => turn(-1),
  ArrowRight: () => turn(1),
  Home: () => turnTo(shown()[0]),
  End: () => turnTo(shown().at(-1)),
  Escape: close,
  " ": () => (playing ? stop() : play(current)),
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (view.hidden) {
    if (event.key === "s" && shown().length) play(shown()[0]);
    return;
  }
  stir();
  if (event.key === "Tab") return keepWithin(event);
  if (event.key === " " && event.target.closest("button, a")) return;
  if (!(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key]();
}

function keepWithin(event) {
  const stops = [...view.querySelectorAll("a[href], button")];
  const [first, last] = [stops[0], stops.at(-1)];
  const [edge, other] = event.shiftKey ? [first, last] : [last, first];
  if (document.activeElement !== edge && view.contains(document.activeElement)) return;
  event.preventDefault();
  other.focus();
}

function onSwipe() {
  let begun = null;
  view.addEventListener("touchstart", (event) => {
    begun = event.touches.length === 1 ? event.touches[0] : null;
  }, { passive: true });
  view.addEventListener("touchend", (event) => {
    const ended = event.changedTouches[0];
    if (begun === null || visualViewport.scale > 1) return; // enlarged: the finger moves about
    const across = ended.clientX - begun.clientX;
    const along = ended.clientY - begun.clientY;
    if (Math.abs(across) > SWIPE && Math.abs(across) > Math.abs(along)) turn(across < 0 ? 1 : -1);
  });
}

function start() {
  photos().forEach(dress);
  list.addEventListener("click", (event) => {
    const link = event.target.closest(".picture");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link.closest(".photo"));
  });
  byId("play").addEventListener("click", () => play(shown()[0]));
  byId("pause").addEventListener("click", () => (playing ? stop() : play(current)));
  byId("previous").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));
  byId("close").addEventListener("click", close);
  addEventListener("keydown", onKey);
  for (const kind of ["pointermove", "click"]) view.addEventListener(kind, stir);
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement && playing) close();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    look();
    if (!playing) return;
    stayAwake();
    show(current); // afresh, whatever its timer did meanwhile
  });
  onSwipe();
  setInterval(() => document.hidden || look(), LOOK_EVERY);
  addEventListener("hashchange", begin);
  begin();
}

function begin() {
  const found = /^#slideshow(?:=(\d+))?$/.exec(location.hash);
  if (found?.[1]) seconds = Math.min(Math.max(1, Number(found[1])), LONGEST);
  isDue = found !== null && !playing;
  tidy();
}

start();
