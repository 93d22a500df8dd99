// A line at the page's foot that says what was done, or asks once, with a button or two.

import { byId } from "../dom.js";

const TOLD_FOR = 10_000; // milliseconds

let hiding = 0;
let focusedBefore = null; // what had the focus

// Shows a line; `choices` are labels with what to do. With `isQuestion` it waits for an answer.
export function say(text, choices = {}, isQuestion = false) {
  const toast = byId("toast");
  clearTimeout(hiding);
  byId("toast-text").textContent = text;
  const buttons = Object.entries(choices).map(([label, act]) => choiceButton(label, act));
  byId("toast-choices").replaceChildren(...buttons);
  toast.hidden = false;
  if (isQuestion) {
    focusedBefore = document.activeElement;
    buttons[0].focus();
  } else hiding = setTimeout(hideToast, TOLD_FOR);
}

function choiceButton(label, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: label });
  made.addEventListener("click", () => {
    hideToast();
    act();
  });
  return made;
}

export function hideToast() {
  const hadFocus = byId("toast").contains(document.activeElement);
  byId("toast").hidden = true;
  if (hadFocus && focusedBefore?.isConnected) focusedBefore.focus();
}

export function watchToast() {
  byId("toast").addEventListener("keydown", (event) => {
    if (event.key === "Escape") hideToast();
    event.stopPropagation(); // its keys are no commands
  });
}
