// What is known of the chosen photos: which is at which place, and what the server said of it.

const KEPT = 1_200; // photos of which all is kept; of others, only their number

export class Places {
  #numbers = new Map(); // of the photos, by their place
  #places = new Map(); // of the photos, by their id
  #items = new Map(); // by number; the last used are last

  get size() {
    return this.#numbers.size;
  }

  clear() {
    for (const known of [this.#numbers, this.#places, this.#items]) known.clear();
  }

  has(place) {
    return this.#numbers.has(place);
  }

  numberAt(place) {
    return this.#numbers.get(place);
  }

  itemAt(place) {
    return this.#items.get(this.#numbers.get(place));
  }

  itemOf(number) {
    return this.#items.get(number);
  }

  placeOf(id) {
    return this.#places.get(id);
  }

  mark(id, isFavourite) {
    for (const item of this.#items.values()) if (item.id === id) item.favourite = isFavourite;
  }

  put(start, items) {
    items.forEach((item, index) => {
      const place = start + index;
      if (place < 0) return;
      this.#numbers.set(place, item.number);
      this.#places.set(item.id, place);
      this.#items.delete(item.number);
      this.#items.set(item.number, item);
    });
    for (const number of this.#items.keys()) {
      if (this.#items.size <= KEPT) break;
      this.#items.delete(number);
    }
  }

  // Moves the photos from a place on by so many places; those that would go beyond it are gone.
  shift(by, from = 0) {
    const before = [...this.#numbers];
    this.#numbers.clear();
    for (const [place, number] of before) {
      if (place < from) this.#numbers.set(place, number);
      else if (place + by >= from) this.#numbers.set(place + by, number);
    }
    for (const [id, place] of [...this.#places]) {
      if (place >= from && place + by < from) this.#places.delete(id);
      else if (place >= from) this.#places.set(id, place + by);
    }
  }
}
