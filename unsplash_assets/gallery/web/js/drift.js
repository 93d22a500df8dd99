// Moves what would stand in the same place for a year: captions, clock, buttons, a picture's edge.
//
// Every few minutes they get another of the places that a sequence spreads evenly over the square
// from 0 to 1 (R2, of Martin Roberts); the style makes of it what fits each.

const EVERY = 5; // minutes
const [ACROSS, ALONG] = [0.7548776662, 0.569840291];

export function drift(element, moment) {
  const number = Math.floor(moment / (EVERY * 60_000));
  element.style.setProperty("--across", ((number * ACROSS) % 1).toFixed(4));
  element.style.setProperty("--along", ((number * ALONG) % 1).toFixed(4));
}

export function rest(element) {
  for (const name of ["--across", "--along"]) element.style.removeProperty(name);
}
