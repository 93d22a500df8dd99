// Says on the page what is wrong with its address, for a minute: a wall has nobody to close it.

import { byId } from "./dom.js";

const SAID_FOR = 60_000; // milliseconds

let notSaid = 0;

export function tell(problems) {
  clearTimeout(notSaid);
  const notice = byId("notice");
  notice.querySelector("ul").replaceChildren(...problems.map(line));
  notice.hidden = problems.length === 0;
  if (problems.length) notSaid = setTimeout(() => tell([]), SAID_FOR);
}

function line(text) {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}
