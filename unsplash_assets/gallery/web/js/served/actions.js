// What one can do with the photo in the large view: download, copy its credit, keep it, ban it.

import { byId } from "../dom.js";
import { isHelpOpen } from "../help.js";
import { linkOf } from "../photo.js";
import { turn } from "../slideshow.js";
import { photos } from "../source.js";
import { current, view, watchView } from "../view.js";
import { decide, get, getSession } from "./api.js";
import { hideToast, say, watchToast } from "./toast.js";

const KEYS_OF_ACTIONS = { f: "favour", b: "ban", d: "download", c: "copy-text" };

export async function watchActions(library) {
  byId("copy-text").addEventListener("click", () => copy("credit_text", "The credit is copied."));
  byId("copy-html").addEventListener("click", () => copy("credit_html", "The credit is copied as HTML."));
  byId("favour").addEventListener("click", () => favour(current.dataset.id, !isFavourite(current)));
  byId("ban").addEventListener("click", () => askToBan(library));
  watchView((photo) => photo && showActions(photo));
  watchToast();
  addEventListener("keydown", (event) => {
    if (view.hidden || isHelpOpen() || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input")) return;
    const action = byId(KEYS_OF_ACTIONS[event.key]);
    if (action && !action.hidden) action.click();
  });
  const { changes } = await getSession();
  if (changes) return;
  byId("favour").remove();
  byId("ban").remove();
}

const isFavourite = (photo) => photo.classList.contains("favourite");

function showActions(photo) {
  const link = byId("download");
  link.href = linkOf(photo).href;
  link.download = photos.itemOf(photo)?.name ?? "";
  byId("favour")?.setAttribute("aria-pressed", isFavourite(photo));
}

async function copy(what, done) {
  const text = photos.itemOf(current)?.[what] ?? (await whole(current))?.[what];
  if (text && (await copied(text))) say(done);
  else say("This browser does not let the page copy.");
}

// Returns all that is said of a photo, also what is not in a page of them.
const whole = (photo) => get(`/api/photos/${encodeURIComponent(photo.dataset.id)}`).catch(() => null);

// Copies text, also where the page comes without encryption, as from another machine of the house.
async function copied(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text).then(() => true, () => false);
  const field = Object.assign(document.createElement("textarea"), { value: text, className: "visually-hidden" });
  view.append(field);
  field.select();
  const isDone = document.execCommand("copy");
  field.remove();
  return isDone;
}

async function tried(work) {
  try {
    await work();
    return true;
  } catch (error) {
    say(error.message);
    return false;
  }
}

async function favour(id, isOn) {
  if (!(await tried(() => decide(id, "favourite", isOn)))) return;
  photos.mark(id, isOn);
  if (current?.dataset.id === id) byId("favour").setAttribute("aria-pressed", isOn);
  const done = isOn ? "A favourite: it stays, whatever is removed to make room." : "No longer a favourite.";
  say(done, { Undo: () => favour(id, !isOn) });
}

function askToBan(library) {
  const photo = current;
  const choices = { "Ban it": () => ban(library, photo), "Keep it": hideToast };
  say("Remove this photo, and never bring it again?", choices, true);
}

async function ban(library, photo) {
  const { id } = photo.dataset;
  if (!(await tried(() => decide(id, "ban", true)))) return;
  if (photo === current) await turn(1);
  library.remove(id);
  say("The photo is banned.", { Undo: () => unban(id) });
}

async function unban(id) {
  if (await tried(() => decide(id, "ban", false))) say("The photo may come again.");
}
