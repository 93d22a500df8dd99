// The address names the photo in the large view, so that it can be linked, and Back closes it.

import { goTo } from "../address.js";
import { withChoice } from "../options.js";
import { photos } from "../source.js";
import { close, open } from "../slideshow.js";
import { current, view, watchView } from "../view.js";

export async function followPhoto(library) {
  await library.isReady;
  watchView(keepPhoto);
  addEventListener("hashchange", showAsked);
  await showAsked();
}

// Shows the photo that the address asks for, or none.
async function showAsked() {
  const { photo: id } = photos.choice;
  if (view.classList.contains("playing")) return;
  if (!id) return view.hidden ? undefined : close();
  if (current?.dataset.id === id) return;
  const photo = await photos.find(id);
  if (photo) return open(photo);
  photos.choice.photo = null;
  goTo(withChoice("", photos.choice, false), false);
}

function keepPhoto(photo) {
  if (view.classList.contains("playing")) return void (photos.choice.photo = null);
  const before = photos.choice.photo;
  const id = photo?.dataset.id ?? null;
  if (id === before) return;
  photos.choice.photo = id;
  if (!id && history.state?.isOpened) return history.back(); // to where it was opened
  goTo(withChoice("", photos.choice, false), !before, id && { isOpened: !before || Boolean(history.state?.isOpened) });
}
