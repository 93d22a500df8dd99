// The page's address keeps what is chosen, so that it can be linked, and Back works.

// Takes an address; as a step, Back leads to the one before.
export function goTo(address, isStep, state = null) {
  const here = location.hash || location.pathname + location.search;
  if (address !== here) history[isStep ? "pushState" : "replaceState"](state, "", address);
}
