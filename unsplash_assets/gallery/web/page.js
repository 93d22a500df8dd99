// Runs in the gallery: topics, the large view, the slide show, and new photos without a reload.
//
// It loads nothing but what is beside the page. New photos come from the page of news, which a
// hidden frame opens and which sends its list of photos; this works for files too, where a page must
// not read its neighbours. Text moves with its element and is never parsed here, except for the
// frame's list, which the project writes and which this page's policy restricts.

const NEWS = "_gallery/page/news.html";
const CHECK_EVERY = 20_000; // milliseconds
const ANSWER_WITHIN = 10_000; // milliseconds
const SHOWN_FOR = 10; // seconds, unless #slideshow=SECONDS sets it
const SKIP_AFTER = 1; // seconds until the next photo if a picture cannot be shown
const LOAD_WITHIN = 30_000; // milliseconds for a picture of the slide show to load
const QUICK = 120; // milliseconds; a picture that loads faster needs no thumbnail first
const MAX_SECONDS = 86_400; // of #slideshow=SECONDS; a timer has a limit
const IDLE_AFTER = 3_000; // milliseconds
const SWIPE = 40; // pixels
const RATIOS = [0.4, 3]; // of the narrowest and the widest photo in the grid

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

let topic = null; // the only topic that is shown, or null for all

const shown = () => photos().filter((photo) => !photo.hidden);

function decorate(photo) {
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

function updateCount() {
  const number = shown().length;
  byId("count").textContent =
    `${number.toLocaleString("en")} ${number === 1 ? "photo" : "photos"}${topic === null ? "" : ` of ${topic}`}`;
}

function applyTopic() {
  for (const photo of photos()) photo.hidden = topic !== null && photo.dataset.topic !== topic;
  byId("empty").hidden = list.children.length > 0;
  byId("play").hidden = list.children.length === 0;
  updateCount();
}

function updateTopics() {
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
    applyTopic();
    byId("announcement").textContent = byId("count").textContent; // of a choice, not of new photos
  });
  return button;
}

// --- The large view ----------------------------------------------------------------------------

const view = byId("view");
const caption = view.querySelector(".caption");
const [...layers] = view.querySelectorAll(".stage img");
let current = null; // the photo in the large view

let latestRequest = 0; // to show a photo; a picture that loads after the next request is ignored

async function show(photo) {
  clearTimeout(timer);
  current = photo;
  const request = ++latestRequest;
  const link = photo.querySelector(".picture");
  const small = link.querySelector("img");
  const layer = layers.find((candidate) => !candidate.classList.contains("on"));
  layer.removeAttribute("src");
  layer.style.backgroundImage = `url("${small.src}")`;
  layer.src = link.href;
  const whole = layer.decode().then(() => true, () => false);
  const isWhole = await Promise.race([whole, wait(playing ? LOAD_WITHIN : QUICK)]);
  if (request !== latestRequest) return;
  if (playing) timer = setTimeout(advance, (isWhole ? seconds : SKIP_AFTER) * 1000);
  if (playing && !isWhole) return; // its file is missing or damaged, or the server is down
  for (const other of layers) {
    other.hidden = other !== layer && !playing;
    other.classList.toggle("on", other === layer);
    other.alt = other === layer ? small.alt : "";
  }
  layer.hidden = false;
  describe(photo, small.alt);
  if (!playing && !(await whole) && request === latestRequest) reportMissing();
}

function describe(photo, alt) {
  const words = document.createElement("p");
  words.dir = "auto";
  words.textContent = alt;
  caption.replaceChildren(words, ...photo.querySelector("figcaption").cloneNode(true).childNodes);
}

function reportMissing() {
  const message = document.createElement("p");
  message.textContent = "This picture cannot be shown: its file is missing or damaged.";
  caption.prepend(message);
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
  latestRequest += 1;
  view.hidden = true;
  byId("gallery").inert = false;
  refresh();
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
let arrived = []; // new photos that the slide show has not shown yet, oldest first
let resume = null; // the photo after which to go on once they were shown
let wakeLock = null;
let isDue = false; // whether the slide show starts as soon as there is a photo

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
  keepScreenOn();
  showControls();
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
  wakeLock?.release();
  wakeLock = null;
}

function advance() {
  if (document.hidden) return; // it goes on when the page is visible again
  arrived = arrived.filter((one) => one.isConnected && !one.hidden);
  if (arrived.length) {
    resume ??= current;
    return show(arrived.shift());
  }
  const next = beside(resume ?? current, 1);
  resume = null;
  refresh();
  show(next);
}

function showControls() {
  view.classList.remove("idle");
  clearTimeout(idle);
  idle = setTimeout(() => view.classList.add("idle"), IDLE_AFTER);
}

async function keepScreenOn() {
  try {
    wakeLock = (await navigator.wakeLock?.request("screen")) ?? null;
  } catch {
    wakeLock = null; // not granted, as for files: the system's settings apply
  }
  if (!playing) wakeLock?.release(); // stopped in the meantime
}

// --- New photos --------------------------------------------------------------------------------

let gone = new Set(); // photos that are no longer in the gallery; one may still be shown

function checkNews() {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.title = "What is new";
  frame.src = `${NEWS}?at=${Date.now()}`; // bypasses caches
  const onMessage = (event) => {
    if (event.source !== frame.contentWindow) return;
    done();
    update(event.data);
  };
  const done = () => {
    removeEventListener("message", onMessage);
    frame.remove();
  };
  addEventListener("message", onMessage);
  setTimeout(done, ANSWER_WITHIN);
  document.body.append(frame);
}

function update(news) {
  if (news.build !== build) return location.reload(); // another version or another library wrote it
  const known = new Set(photos().map(key));
  const unknown = new Set(news.keys.filter((one) => !known.has(one)));
  const keys = new Set(news.keys);
  gone = new Set(photos().filter((photo) => !keys.has(key(photo))));
  const arrivals = unknown.size ? parse(news.newest).filter((photo) => unknown.has(key(photo))) : [];
  if (arrivals.length < unknown.size) return location.reload(); // more arrived than the news lists
  if (!arrivals.length && !gone.size) return;
  list.prepend(...arrivals);
  arrivals.forEach(decorate);
  if (playing) arrived.push(...arrivals.reverse());
  refresh();
}

function parse(items) {
  const page = new DOMParser().parseFromString(`<ul>${items}</ul>`, "text/html");
  return [...page.querySelectorAll("li")];
}

function refresh() {
  for (const photo of gone) if (photo !== current && photo !== resume) photo.remove();
  updateTopics();
  applyTopic();
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
  showControls();
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
    if (begun === null || visualViewport.scale > 1) return; // zoomed in: the finger pans
    const across = ended.clientX - begun.clientX;
    const along = ended.clientY - begun.clientY;
    if (Math.abs(across) > SWIPE && Math.abs(across) > Math.abs(along)) turn(across < 0 ? 1 : -1);
  });
}

function start() {
  photos().forEach(decorate);
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
  for (const kind of ["pointermove", "click"]) view.addEventListener(kind, showControls);
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement && playing) close();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    checkNews();
    if (!playing) return;
    keepScreenOn();
    show(current); // restarts its timer
  });
  onSwipe();
  setInterval(() => document.hidden || checkNews(), CHECK_EVERY);
  addEventListener("hashchange", begin);
  begin();
}

function begin() {
  const found = /^#slideshow(?:=(\d+))?$/.exec(location.hash);
  if (found?.[1]) seconds = Math.min(Math.max(1, Number(found[1])), MAX_SECONDS);
  isDue = found !== null && !playing;
  refresh();
}

start();
