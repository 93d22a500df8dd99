// A source of photos (see `source.js`): the whole library, a page at a time, from the server.
//
// Photos have places, the newest is at 0. The server knows no places, only which photo follows
// another, so it costs the same wherever in the library one is. What is known is kept by place; a
// photo of which no neighbour is known is found by where it should be in the library's numbers.

import { get } from "./api.js";
import { elementOf, markFavourite } from "./element.js";
import { listen } from "./events.js";
import { hasColor, showFilters } from "./filters.js";
import { Places } from "./places.js";

const PAGE = 60; // photos
const ELEMENTS = 2_400; // that may be remembered before those are forgotten that nobody has
const MOST = 20_000; // photos that may be known before they are forgotten with the next new one
const AHEAD = 10; // photos that are loaded before they are needed
const TYPING = 250; // milliseconds without a letter after which a search begins

export class ServedPhotos {
  choice = { topic: null, search: "", color: null, favourites: null, photo: null };
  names = ["color", "favourites", "photo"];
  total = 0;
  grid = null; // shows them
  #asked = null; // the choice that is loaded, or being loaded, as a query
  #known = new Places();
  #elements = new Map(); // by id, as long as somebody has them
  #topics = new Map();
  #end = null; // how many photos are chosen, once that is known
  #newest = 0; // the number of the library's newest photo
  #loading = null; // resolves when the first page is there
  #typing = 0;
  #onNews = null;

  start(onNews) {
    this.#onNews = onNews;
    listen({ newest: ({ number }) => this.#catchUp(number), changed: (change) => this.#change(change) });
    this.#loading = this.#reload();
  }

  check() {} // the server tells

  settle() {} // what has left the library is let go of at once

  topics() {
    return this.#topics;
  }

  get count() {
    return this.#end ?? (this.#isFiltered ? this.#known.size : this.#expected);
  }

  get isCounted() {
    return this.#end !== null || !this.#isFiltered;
  }

  // Whether photos can be shown.
  get isReady() {
    return this.#loading;
  }

  choose(choice) {
    this.choice = choice;
    if (choice.color && !hasColor(choice.color)) choice.color = null;
    showFilters(choice);
    const asked = this.#query();
    if (this.#asked === null || asked === this.#asked) return;
    const isTyping = new URLSearchParams(asked).get("search") !== new URLSearchParams(this.#asked).get("search");
    this.#asked = asked;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => (this.#loading = this.#reload()), isTyping ? TYPING : 0);
  }

  at(index) {
    if (index < 0) return undefined;
    if (index + AHEAD > this.#known.size && this.#end === null) this.#find(this.#known.size);
    const item = this.#known.itemAt(index);
    return item ? this.#element(item) : this.#find(index).then((found) => found && this.#element(found));
  }

  indexOf(photo) {
    return this.#known.placeOf(photo?.dataset.id) ?? -1;
  }

  itemOf(photo) {
    return this.#known.itemOf(Number(photo.dataset.key));
  }

  // Returns the photos from a place up to another, or up to the last.
  async range(start, end) {
    const photos = [];
    for (let place = start; place < end; place += 1) {
      const item = this.#known.itemAt(place) ?? (await this.#find(place));
      if (!item) break;
      photos.push(this.#element(item));
    }
    return photos;
  }

  // Returns the photo of an id, wherever it is, or null.
  async find(id) {
    const place = this.#known.placeOf(id);
    if (place !== undefined) return this.at(place);
    const item = await get(`/api/photos/${encodeURIComponent(id)}`).catch(() => null);
    if (!item) return null;
    this.#known.put(this.#placeFor(item.number), [item]);
    return this.#element(item);
  }

  remove(id) {
    const place = this.#known.placeOf(id);
    const photo = this.#elements.get(id)?.deref();
    this.total -= 1;
    if (place !== undefined) {
      this.#shift(-1, place);
      this.grid.remove(place);
    }
    photo?.remove();
    this.#loadTopics().then(() => this.#onNews([]));
  }

  mark(id, isFavourite) {
    this.#known.mark(id, isFavourite);
    const photo = this.#elements.get(id)?.deref();
    if (photo) markFavourite(photo, isFavourite);
  }

  get #isFiltered() {
    const { search, color, favourites } = this.choice;
    return Boolean(search.trim() || color || favourites);
  }

  get #expected() {
    return this.choice.topic === null ? this.total : this.#topics.get(this.choice.topic) ?? 0;
  }

  #query(more = {}) {
    const { topic, search, color, favourites } = this.choice;
    const words = search.trim();
    const asked = { ...(topic !== null && { topic }), ...(words && { search: words }), ...(color && { color }) };
    return new URLSearchParams({ ...asked, ...(favourites && { favourites: 1 }), ...more }).toString();
  }

  async #loadTopics() {
    const known = await get("/api/topics").catch(() => null);
    if (!known) return;
    this.total = known.photos;
    this.#topics = new Map(known.topics.map(({ topic, photos }) => [topic, photos]));
  }

  async #reload() {
    this.#asked = this.#query();
    const asked = this.#asked;
    const [page] = await Promise.all([this.#get({ limit: PAGE }), this.#loadTopics()]);
    if (asked !== this.#asked || !page) return;
    this.#known.clear();
    this.#newest = page.newest;
    this.#end = page.more ? null : page.photos.length;
    this.#known.put(0, page.photos);
    this.grid.reset();
    this.#onNews([]);
  }

  // Returns what the server answers, or null if it is out of reach, or something else is chosen by now.
  async #get(query) {
    const asked = this.#query();
    const page = await get("/api/photos", this.#query(query)).catch(() => null);
    return asked === this.#query() ? page : null;
  }

  // Loads the photo at a place with its neighbours; returns what is said of it.
  async #find(place) {
    await this.#loading;
    const known = this.#known;
    if (this.#end !== null && place >= this.#end) return undefined;
    if (known.has(place)) await this.#older(place, known.numberAt(place) + 1);
    else if (known.has(place - 1)) await this.#older(place, known.numberAt(place - 1));
    else if (known.has(place + 1)) await this.#newer(place, known.numberAt(place + 1));
    else if (place === this.count - 1) await this.#newer(place, 0);
    else await this.#older(place, this.#numberAt(place));
    return known.itemAt(place);
  }

  async #older(place, number) {
    const page = await this.#get({ before: number, limit: PAGE });
    if (!page) return;
    this.#known.put(place, page.photos);
    const isNext = place === 0 || this.#known.has(place - 1); // its place is no guess
    if (!page.more && isNext) this.#end = place + page.photos.length;
  }

  async #newer(place, number) {
    const page = await this.#get({ after: number, limit: PAGE });
    if (page) this.#known.put(place + 1 - page.photos.length, page.photos);
  }

  // Returns about the number that the photo at a place has.
  #numberAt(place) {
    const share = place / Math.max(1, this.count);
    return Math.max(2, Math.round(this.#newest * (1 - share)) + 1);
  }

  // Returns about the place that the photo with a number has; it is free.
  #placeFor(number) {
    let place = Math.round(this.count * (1 - number / Math.max(1, this.#newest)));
    while (this.#known.has(place)) place += 1;
    return place;
  }

  #element(item) {
    const known = this.#elements.get(item.id)?.deref();
    if (known) return known;
    const photo = elementOf(item);
    this.#elements.set(item.id, new WeakRef(photo));
    if (this.#elements.size > ELEMENTS) {
      for (const [id, reference] of this.#elements) if (!reference.deref()) this.#elements.delete(id);
    }
    return photo;
  }

  // Takes in photos that are newer than those that are known.
  async #catchUp(number) {
    await this.#loading;
    if (number <= this.#newest) return;
    const page = await this.#get({ after: this.#newest, limit: PAGE });
    if (!page || number <= this.#newest) return;
    // More than a page, or a page that was open for weeks: begin anew.
    if (page.more || this.#known.size > MOST) return void (this.#loading = this.#reload());
    this.#newest = Math.max(number, page.newest);
    await this.#loadTopics();
    if (page.photos.length) {
      this.#shift(page.photos.length);
      this.#known.put(0, page.photos);
      this.grid.arrive(page.photos.length);
    }
    this.#onNews(page.photos.map((item) => this.#element(item)));
  }

  #shift(by, from = 0) {
    this.#known.shift(by, from);
    if (this.#end !== null) this.#end += by;
  }

  #change({ id, favourite, ban }) {
    if (favourite !== undefined) this.mark(id, favourite);
    if (ban && this.#elements.get(id)?.deref()) this.remove(id);
  }
}
