// Keeps the screen on while the slide show is to be seen, where the browser grants it.

let isWanted = false;
let isAsking = false;
let lock = null;

// The system ends a lock when the page is hidden, so this is called again and again.
export async function keepScreenOn() {
  isWanted = true;
  if (isAsking || (lock && !lock.released)) return;
  isAsking = true;
  try {
    lock = (await navigator.wakeLock?.request("screen")) ?? null;
  } catch {
    lock = null; // not granted: the system's settings apply
  }
  isAsking = false;
  if (!isWanted) letScreenSleep(); // stopped in the meantime
}

export function letScreenSleep() {
  isWanted = false;
  lock?.release();
  lock = null;
}
