// Asks the page's server. Every answer is JSON; an error is one line for people.

let session = null; // what this page may do, and the secret that it needs for it

export async function get(path, query = "") {
  const answer = await fetch(query ? `${path}?${query}` : path);
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer.json();
}

export function getSession() {
  session ??= get("/api/session").catch(() => {
    session = null; // asked for again the next time
    return { changes: false };
  });
  return session;
}

// Decides about a photo: `what` is "favourite" or "ban". Throws an Error with a line for people.
export async function decide(id, what, isOn) {
  let answer = await send(id, what, isOn);
  if (answer.status === 403) {
    session = null; // the server has started anew
    answer = await send(id, what, isOn);
  }
  if (!answer.ok) throw new Error((await answer.text()).trim());
}

async function send(id, what, isOn) {
  const { token } = await getSession();
  const path = `/api/photos/${encodeURIComponent(id)}/${what}`;
  return fetch(path, { method: isOn ? "PUT" : "DELETE", headers: { "X-Token": token ?? "" } });
}
