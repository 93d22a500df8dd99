// A source of photos (see `source.js`): those that the page itself lists, and what its news adds.

import { byId } from "./dom.js";
import { readNews } from "./news.js";
import { decorate, keyOf } from "./photo.js";
import { hasWords, wordsOf } from "./search.js";

const CHECK_EVERY = 20_000; // milliseconds

export class PagePhotos {
  #list = byId("photos");
  #build = document.documentElement.dataset.build;
  #chosen = []; // of the photos on the page, in their order
  #gone = new Set(); // photos that are no longer in the library; one may still be shown
  #onNews = null;
  choice = { topic: null, search: "" };
  names = [];
  isCounted = true;

  constructor() {
    this.#all.forEach(decorate);
  }

  get #all() {
    return [...this.#list.children];
  }

  get total() {
    return this.#list.children.length;
  }

  get count() {
    return this.#chosen.length;
  }

  choose(choice) {
    this.choice = choice;
    const { topic } = choice;
    const words = wordsOf(choice.search);
    for (const photo of this.#all) {
      photo.hidden = (topic !== null && photo.dataset.topic !== topic) || !hasWords(photo, words);
    }
    this.#chosen = this.#all.filter((photo) => !photo.hidden);
  }

  topics() {
    const numbers = new Map();
    for (const { dataset } of this.#all) numbers.set(dataset.topic, (numbers.get(dataset.topic) ?? 0) + 1);
    return numbers;
  }

  at(index) {
    return this.#chosen[index];
  }

  indexOf(photo) {
    return this.#chosen.indexOf(photo);
  }

  start(onNews, isResting) {
    this.#onNews = onNews;
    setInterval(() => isResting() || this.check(), CHECK_EVERY);
  }

  check() {
    readNews((news) => this.#update(news));
  }

  #update(news) {
    if (news.build !== this.#build) return location.reload(); // another version or library wrote it
    const known = new Set(this.#all.map(keyOf));
    const unknown = new Set(news.keys.filter((one) => !known.has(one)));
    const keys = new Set(news.keys);
    this.#gone = new Set(this.#all.filter((photo) => !keys.has(keyOf(photo))));
    const arrivals = unknown.size ? parse(news.newest).filter((photo) => unknown.has(keyOf(photo))) : [];
    if (arrivals.length < unknown.size) return location.reload(); // more arrived than the news lists
    if (!arrivals.length && !this.#gone.size) return;
    this.#list.prepend(...arrivals);
    arrivals.forEach(decorate);
    this.#onNews(arrivals);
  }

  settle(isInUse) {
    for (const photo of this.#gone) if (!isInUse(photo)) photo.remove();
  }
}

function parse(items) {
  const page = new DOMParser().parseFromString(`<ul>${items}</ul>`, "text/html");
  return [...page.querySelectorAll("li")];
}
