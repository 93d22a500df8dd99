// The help on keys. The browser itself keeps the focus within a modal dialog, and gives it back.

import { byId } from "./dom.js";

const help = byId("help");

export const isHelpOpen = () => help.open;

export const openHelp = () => help.showModal();

export function watchHelp() {
  const button = byId("keys");
  button.hidden = false;
  button.addEventListener("click", openHelp);
  help.addEventListener("click", (event) => {
    if (event.target === help || event.target.closest("button")) help.close(); // beside it, or Close
  });
}
