// The page's head: how many photos there are, and the choice of a topic and of words.

import { byId } from "./dom.js";
import { photos } from "./source.js";

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
  const { topic, search } = photos.choice;
  const kind = count === 1 ? "photo" : "photos";
  byId("count").textContent =
    `${count.toLocaleString("en")} ${kind}` +
    (topic === null ? "" : ` of ${topic}`) +
    (search.trim() ? ` with “${search.trim()}”` : "");
}

// Announces a choice, but not new photos, to those who hear the page.
function announce() {
  byId("announcement").textContent = byId("count").textContent;
}

export function watchSearch() {
  const field = byId("search");
  field.addEventListener("input", () => {
    photos.choice.search = field.value;
    applyChoice();
    announce();
  });
  field.addEventListener("keydown", (event) => {
    event.stopPropagation(); // letters are no commands here
    if (event.key === "Escape" && !field.value) field.blur();
  });
}

function updateTopics() {
  const numbers = photos.topics();
  if (!numbers.has(photos.choice.topic)) photos.choice.topic = null;
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
    photos.choice.topic = value;
    for (const other of byId("topics").children) other.setAttribute("aria-pressed", other === button);
    applyChoice();
    announce();
  });
  return button;
}
