// Runs in the page of news, in a hidden frame of the gallery: sends the list of photos to it.
//
// The photos are in a template, so none of their pictures is loaded here. A page from a server sends
// the list to pages of that server only; a page that is a file has no origin to name.

const { build, keys } = document.documentElement.dataset;
const news = {
  build,
  keys: keys.split(" ").filter(Boolean),
  newest: document.querySelector("template").innerHTML,
};
parent.postMessage(news, location.protocol === "file:" ? "*" : location.origin);
