// Small helpers for the page's elements and for waiting.

export const byId = (id) => document.getElementById(id);

export const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
