// The page's head: how many photos there are, and the choice of a topic and of words.

import { byId } from "./dom.js";
import { goTo } from "./address.js";
import { withChoice } from "./options.js";
import { photos } from "./source.js";

let topic = null; // that was asked for; it may be gone for a while

// Chooses photos, and says so in the field and in the buttons with the next update.
export function chooseBy(choice) {
  ({ topic } = choice);
  photos.choice = choice;
  byId("search").value = choice.search;
}

export function updateHeading() {
  updateTopics();
  applyChoice();
}

function applyChoice() {
  photos.choose(photos.choice);
  byId("empty").hidden = photos.total > 0;
  byId("play").hidden = photos.count === 0;
  byId("search").hidden = photos.total === 0;
  byId("nothing").hidden = photos.total === 0 || photos.count > 0;
  updateCount();
}

function updateCount() {
  const { count } = photos;
  const { choice } = photos;
  const search = choice.search.trim();
  const kind = count === 1 ? "photo" : "photos";
  byId("count").textContent =
    `${count.toLocaleString("en")}${photos.isCounted ? "" : "+"} ${kind}` +
    (choice.topic === null ? "" : ` of ${choice.topic}`) +
    (search ? ` with “${search}”` : "");
}

// Applies a choice, and announces it to those who hear the page; the address keeps it.
export function choose(isStep = true) {
  applyChoice();
  byId("announcement").textContent = byId("count").textContent;
  goTo(withChoice("", photos.choice, false), isStep);
}

export function watchSearch() {
  const field = byId("search");
  const search = () => {
    const isFirst = !photos.choice.search.trim();
    photos.choice.search = field.value;
    choose(isFirst); // the letters of one search are one step
  };
  field.addEventListener("input", search);
  field.addEventListener("keydown", (event) => {
    event.stopPropagation(); // letters are no commands here
    if (event.key !== "Escape") return;
    event.preventDefault(); // some browsers empty the field by themselves, others do not
    if (!field.value) return field.blur();
    field.value = "";
    search();
  });
}

function updateTopics() {
  const numbers = photos.topics();
  photos.choice.topic = numbers.size === 0 || numbers.has(topic) ? topic : null; // none: not loaded yet
  const names = [...numbers.keys()].sort((a, b) => a.localeCompare(b));
  const group = byId("topics");
  const focused = group.contains(document.activeElement) ? document.activeElement.value : null;
  group.replaceChildren(
    topicButton(null, "All", photos.total),
    ...names.map((name) => topicButton(name, name, numbers.get(name))),
  );
  group.hidden = names.length < 2;
  if (focused !== null) [...group.children].find((button) => button.value === focused)?.focus();
}

function topicButton(value, label, number) {
  const button = document.createElement("button");
  button.type = "button";
  button.value = value ?? "";
  const name = document.createElement("bdi");
  name.textContent = label;
  button.append(name, ` ${number.toLocaleString("en")}`);
  button.setAttribute("aria-pressed", photos.choice.topic === value);
  button.addEventListener("click", () => {
    topic = value;
    photos.choice.topic = value;
    for (const other of byId("topics").children) other.setAttribute("aria-pressed", other === button);
    choose();
  });
  return button;
}
