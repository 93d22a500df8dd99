// The grid of a library of any size: lists of photos, of which only those near the window are filled.
//
// Each list is a part of the one grid: it ends with a full row, for which it takes photos from the
// next one. A list that is far away keeps its height and lets go of its photos.

import { byId } from "../dom.js";

const PART = 60; // photos
const WITHIN_REACH = "150%"; // of the window's height, above and below, in which lists are filled

const gridElement = byId("photos");

export class Grid {
  #photos = null;
  #parts = []; // { list, start, end, isNear, isFilled }
  #isComplete = true; // until there is a first page
  #growing = null;
  #observer = new IntersectionObserver((entries) => entries.forEach((entry) => this.#onMove(entry)), {
    rootMargin: `${WITHIN_REACH} 0px`,
  });
  #isEndNear = false;

  constructor(photos) {
    this.#photos = photos;
    this.#observer.observe(byId("end"));
    new ResizeObserver(() => this.#balanceFrom(0)).observe(gridElement);
  }

  reset() {
    for (const { list } of this.#parts) this.#observer.unobserve(list);
    const isBelow = gridElement.getBoundingClientRect().top < 0;
    this.#parts = [];
    this.#isComplete = false;
    this.#growing = null;
    gridElement.replaceChildren();
    if (isBelow) scrollTo(0, 0);
    this.#grow();
  }

  arrive(number) {
    const [first] = this.#parts;
    if (!first || (scrollY < innerHeight && first.end + number > 2 * PART)) return this.reset();
    for (const part of this.#parts) {
      part.start += number;
      part.end += number;
    }
    first.start = 0;
    if (first.isFilled) this.#fill(first);
  }

  remove(place) {
    for (const part of this.#parts) {
      if (part.start > place) part.start -= 1;
      if (part.end > place) part.end -= 1;
    }
    requestAnimationFrame(() => this.#balanceFrom(0));
  }

  #onMove({ target, isIntersecting }) {
    if (target.id === "end") {
      this.#isEndNear = isIntersecting;
      this.#grow();
      return;
    }
    const part = this.#parts.find(({ list }) => list === target);
    if (!part || part.isNear === isIntersecting) return;
    part.isNear = isIntersecting;
    if (isIntersecting && !part.isFilled) this.#fill(part);
    if (!isIntersecting && part.isFilled) this.#empty(part);
  }

  async #grow() {
    if (this.#growing || this.#isComplete || !this.#isEndNear) return;
    const mine = (this.#growing = {});
    const start = this.#parts.at(-1)?.end ?? 0;
    const photos = await this.#photos.range(start, start + PART);
    if (this.#growing !== mine) return; // it was reset meanwhile
    this.#growing = null;
    if (photos.length) this.#append(start, photos);
    this.#isComplete = photos.length < PART;
    this.#parts.at(-1)?.list.classList.toggle("last", this.#isComplete);
    this.#balanceFrom(Math.max(0, this.#parts.length - 2));
    requestAnimationFrame(() => {
      const { top } = byId("end").getBoundingClientRect();
      this.#isEndNear = top < innerHeight * 2.5;
      this.#grow();
    });
  }

  #append(start, photos) {
    const list = document.createElement("ul");
    list.className = "photos";
    list.setAttribute("role", "list");
    list.setAttribute("aria-label", this.#parts.length ? "More photos" : "Photos, the newest first");
    list.append(...photos);
    gridElement.append(list);
    this.#parts.push({ list, start, end: start + photos.length, isNear: true, isFilled: true });
    this.#observer.observe(list);
  }

  async #fill(part) {
    part.isFilled = true;
    const photos = await this.#photos.range(part.start, part.end);
    if (!part.isNear && part.list.style.height) return void (part.isFilled = false);
    part.list.replaceChildren(...photos);
    part.list.style.height = "";
    this.#balanceFrom(this.#parts.indexOf(part));
  }

  #empty(part) {
    if (part.list.contains(document.activeElement)) return; // somebody is there
    part.isFilled = false;
    part.list.style.height = `${part.list.getBoundingClientRect().height}px`;
    part.list.replaceChildren();
  }

  // Lets each filled list end with a full row, as far as the next one has photos for it.
  #balanceFrom(index) {
    for (let at = Math.max(0, index); at < this.#parts.length - 1; at += 1) {
      const part = this.#parts[at];
      const next = this.#parts[at + 1];
      if (!part.isFilled || !part.list.childElementCount) continue;
      const row = new LastRow(part.list);
      while (next.list.firstElementChild && row.hasRoomFor(next.list.firstElementChild)) {
        row.add(next.list.firstElementChild);
        part.list.append(next.list.firstElementChild);
        part.end += 1;
        next.start += 1;
      }
      part.list.classList.toggle("last", !next.list.childElementCount && next.isFilled);
    }
  }
}

// The last row of a list, as the style lays it out: photos of one height, until one does not fit.
class LastRow {
  #used = 0;

  constructor(list) {
    const style = getComputedStyle(list);
    this.width = list.getBoundingClientRect().width;
    this.gap = Number.parseFloat(style.columnGap);
    this.height = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) * Number.parseFloat(style.getPropertyValue("--row"));
    for (const photo of list.children) this.add(photo);
  }

  #widthOf(photo) {
    return this.height * Number(photo.style.getPropertyValue("--ratio"));
  }

  hasRoomFor(photo) {
    return this.#used + this.gap + this.#widthOf(photo) <= this.width;
  }

  add(photo) {
    this.#used = this.#used && this.hasRoomFor(photo) ? this.#used + this.gap + this.#widthOf(photo) : this.#widthOf(photo);
  }
}
