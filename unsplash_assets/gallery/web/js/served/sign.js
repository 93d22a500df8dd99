// A quiet sign on the page while photos do not arrive as they should.

import { byId } from "../dom.js";
import { get } from "./api.js";

const ASKED_EVERY = 60_000; // milliseconds
const DAY_AND_TIME = new Intl.DateTimeFormat("en-GB", { weekday: "short", hour: "2-digit", minute: "2-digit" });

export function watchHealth() {
  showHealth();
  setInterval(() => document.hidden || showHealth(), ASKED_EVERY);
  document.addEventListener("visibilitychange", () => document.hidden || showHealth());
}

async function showHealth() {
  const health = await get("/api/health").catch(() => ({ ok: false, reason: "the page's server does not answer" }));
  const since = health.newest_at ? `No new photo since ${DAY_AND_TIME.format(new Date(health.newest_at))}: ` : "";
  byId("sign").hidden = health.ok;
  byId("sign").textContent = health.ok ? "" : `${since}${health.reason}`;
}
