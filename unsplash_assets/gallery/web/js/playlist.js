// The order of the slide show. It asks the source for one photo at a time, however many there are.

import { keyOf } from "./photo.js";
import { photos } from "./source.js";

const LOOK_AHEAD = 12; // photos, for a second one to stand beside the first
const TRIES = 20; // at random, before all are gone through for one that was not shown
const MAX_PAST = 50; // photos that one can go back to

export class Playlist {
  cursor = null; // the photo after which to go on
  #order;
  #ahead = []; // photos after which the cursor stands, and which are still to be shown
  #shown = new Set(); // keys of this round, if the order is random
  #past = [];

  constructor(order) {
    this.#order = order;
  }

  // Goes on after this photo.
  startAt(photo) {
    this.cursor = photo;
    this.#ahead = [];
    this.note(photo);
  }

  // Takes a photo as shown in this round.
  note(photo) {
    if (this.#order === "random") this.#shown.add(keyOf(photo));
  }

  remember(photo) {
    this.#past.push(photo);
    if (this.#past.length > MAX_PAST) this.#past.shift();
  }

  // Returns the photo that was shown before, as far as it is still there.
  back() {
    while (this.#past.length) {
      const photo = this.#past.pop();
      if (isThere(photo)) return photo;
    }
    return null;
  }

  async next() {
    this.#ahead = this.#ahead.filter(isThere);
    return this.#ahead.shift() ?? this.#pull();
  }

  // Takes the next photo that fits beside another out of its turn; null if none comes soon.
  async partner(photo, fits) {
    const most = Math.min(LOOK_AHEAD, photos.count - 1);
    for (let place = 0; place < most; place += 1) {
      const other = this.#ahead[place] ?? (await this.#pull());
      if (!other) return null;
      this.#ahead[place] = other;
      if (other !== photo && fits(other)) return this.#ahead.splice(place, 1)[0];
    }
    return null;
  }

  async #pull() {
    if (!photos.count) return null;
    const photo = await (this.#order === "random" ? this.#random() : this.#following());
    if (photo) this.cursor = photo;
    return photo;
  }

  #following() {
    const { count } = photos;
    const place = this.cursor ? photos.indexOf(this.cursor) : -1;
    if (this.#order === "newest") return photos.at((place + 1) % count);
    return photos.at((place > 0 ? place : count) - 1);
  }

  async #random() {
    const { count } = photos;
    const any = () => Math.floor(Math.random() * count);
    const first = any();
    for (let tried = 0; tried < TRIES + count; tried += 1) {
      const photo = await photos.at(tried < TRIES ? any() : (first + tried) % count);
      if (!photo) return null;
      if (this.#shown.has(keyOf(photo))) continue;
      this.note(photo);
      return photo;
    }
    if (!this.#shown.size) return null;
    this.#shown = new Set(this.cursor && count > 1 ? [keyOf(this.cursor)] : []); // a new round
    return this.#random();
  }
}

const isThere = (photo) => photos.indexOf(photo) >= 0;
