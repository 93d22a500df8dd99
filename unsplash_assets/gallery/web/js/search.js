// Search over what a photo says: its description, photographer and topic. Case and accents do not matter.

const MARKS = /\p{M}/gu;
const texts = new WeakMap(); // of each photo, for as long as it is there

const plain = (text) => text.normalize("NFKD").replace(MARKS, "").toLowerCase();

export const wordsOf = (search) => plain(search).split(/\s+/).filter(Boolean);

export function hasWords(photo, words) {
  if (!words.length) return true;
  let text = texts.get(photo);
  if (text === undefined) texts.set(photo, (text = textOf(photo)));
  return words.every((word) => text.includes(word));
}

function textOf(photo) {
  const { alt } = photo.querySelector(".picture img");
  const photographer = photo.querySelector(".credit a");
  return plain([alt, photo.dataset.topic, photographer?.textContent ?? ""].join("\n"));
}
