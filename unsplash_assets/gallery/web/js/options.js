// What the address asks for, after its `#`: a choice of photos, and the slide show with its options.
//
// `docs/how-to/wall.md` describes each. What cannot be understood is told, and the default used.

const ONE_OF = {
  order: ["newest", "oldest", "random"],
  fit: ["contain", "cover", "blur"],
  captions: ["full", "small", "off"],
  clock: ["off", "on"],
  transition: ["fade", "none", "pan"],
  pairs: ["off", "on"],
}; // the first of each is the default
const SECONDS = 10; // that a photo is shown
const MAX_SECONDS = 86_400; // a timer has a limit
const HOURS = /^(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)$/;
const DAY = 24 * 60; // minutes
const NAMES = ["slideshow", "seconds", "topic", "search", ...Object.keys(ONE_OF), "hours"];

const defaults = () => ({
  seconds: SECONDS,
  hours: null, // the first and the last minute of the day, or all day
  ...Object.fromEntries(Object.entries(ONE_OF).map(([name, values]) => [name, values[0]])),
});

// `more` are names that only the source of photos knows; they belong to the choice.
export function readOptions(hash, more = []) {
  const given = new URLSearchParams(hash.slice(1));
  const options = defaults();
  const problems = [];
  const choice = { topic: given.get("topic") || null, search: given.get("search") ?? "" };
  for (const name of more) choice[name] = given.get(name) || null;
  const names = [...NAMES, ...more];
  for (const [name, value] of given) {
    if (name in ONE_OF) readOne(name, value);
    else if (name === "hours") readHours(value);
    else if (name === "seconds" || (name === "slideshow" && value)) readSeconds(name, value);
    else if (!names.includes(name)) problems.push(`${name}: there is no such option. There are ${names.join(", ")}.`);
  }
  return { isSlideshow: given.has("slideshow"), choice, options, problems };

  function readOne(name, value) {
    if (ONE_OF[name].includes(value)) options[name] = value;
    else problems.push(`${name}=${value}: it is one of ${ONE_OF[name].join(", ")}. Now it is ${options[name]}.`);
  }

  function readSeconds(name, value) {
    const number = /^\d+$/.test(value) ? Number(value) : SECONDS;
    options.seconds = Math.min(Math.max(1, number), MAX_SECONDS);
    if (String(options.seconds) === value.replace(/^0+(?=\d)/, "")) return;
    problems.push(`${name}=${value}: it is a whole number from 1 to ${MAX_SECONDS}. Now it is ${options.seconds}.`);
  }

  function readHours(value) {
    const [, ...numbers] = (HOURS.exec(value) ?? []).map(Number);
    const [from, to] = [numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]];
    const isRight = from < DAY && to <= DAY && from !== to && numbers[1] < 60 && numbers[3] < 60;
    if (isRight) options.hours = { from, to };
    else problems.push(`hours=${value}: it is two times of day, such as 07:00-22:30. Now it is all day.`);
  }
}

// Whether the slide show is to be seen at a moment; hours may pass midnight.
export function isActive(hours, moment) {
  if (!hours) return true;
  const minute = moment.getHours() * 60 + moment.getMinutes();
  const { from, to } = hours;
  return from < to ? from <= minute && minute < to : from <= minute || minute < to;
}

// Returns an address's part after the path that asks for the same with another choice.
export function withChoice(hash, { search, ...others }, isSlideshow) {
  const given = isSlideshow ? new URLSearchParams(hash.slice(1)) : new URLSearchParams();
  if (isSlideshow && !given.has("slideshow")) given.set("slideshow", "");
  for (const [name, value] of Object.entries({ ...others, search: search.trim() })) {
    if (value) given.set(name, value);
    else given.delete(name);
  }
  const text = given.toString().replace(/^slideshow=(?=&|$)/, "slideshow").replaceAll("%3A", ":");
  return text ? `#${text}` : location.pathname + location.search;
}
