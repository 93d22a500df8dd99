// Hears what is new from the server, as long as the page is seen.

const HIDDEN_FOR = 60_000; // milliseconds; browsers allow a server few open answers

const { build } = document.documentElement.dataset;

export function listen(listeners) {
  let source = null;
  let timer = 0;
  const open = () => {
    clearTimeout(timer);
    if (source && source.readyState !== EventSource.CLOSED) return;
    source = new EventSource("/events");
    source.addEventListener("build", (event) => {
      if (JSON.parse(event.data).build !== build) location.reload(); // another version serves it
    });
    for (const [kind, onEvent] of Object.entries(listeners)) {
      source.addEventListener(kind, (event) => onEvent(JSON.parse(event.data)));
    }
  };
  const close = () => {
    source?.close();
    source = null;
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) timer = setTimeout(close, HIDDEN_FOR);
    else open();
  });
  setInterval(() => document.hidden || open(), HIDDEN_FOR); // a server that was away for long
  open();
}
