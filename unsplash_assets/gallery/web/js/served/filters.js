// The filters that only a served page has: favourites, and the tone of a photo's colour.

import { byId } from "../dom.js";
import { choose } from "../heading.js";
import { photos } from "../source.js";

export function watchFilters() {
  byId("favourites").addEventListener("click", () => {
    photos.choice.favourites = photos.choice.favourites ? null : "1";
    choose();
  });
  byId("colors").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    photos.choice.color = photos.choice.color === button.value ? null : button.value;
    choose();
  });
}

// Shows what is chosen.
export function showFilters({ color, favourites }) {
  byId("favourites").setAttribute("aria-pressed", Boolean(favourites));
  for (const button of byId("colors").children) button.setAttribute("aria-pressed", button.value === color);
}

export const hasColor = (color) => [...byId("colors").children].some((button) => button.value === color);
