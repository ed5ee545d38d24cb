// Keeps a page up to date: asks for it again with the tag it has, and replaces the sections that
// have changed. Polling, not a stream: a browser opens only six streams to one host, and a desk has
// more tabs than that. A tab that is not seen asks nothing.

const SLOWEST = 30_000;
const { root, poll } = document.body.dataset;
const main = document.getElementById("main");
const live = document.getElementById("live");
const every = Number(poll) * 1000;
const ahead = Date.parse(document.body.dataset.now) - Date.now();

let tag = document.body.dataset.tag;
let said = document.body.dataset.said;
let known = sections(document);
let paused = false;
let failures = 0;
let timer = 0;
let asking = false;

function sections(page) {
  const found = [...page.querySelectorAll("main > section")];
  return new Map(found.map((one) => [one.id, one.outerHTML]));
}

// --- asking ---------------------------------------------------------------------------------------

async function ask() {
  if (asking) return;
  asking = true;
  clearTimeout(timer);
  try {
    const answer = await fetch(location.href, {
      headers: { "If-None-Match": `"${tag}"`, Accept: "text/html" },
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(20_000),
    });
    const text = await answer.text();
    if (!paused) take(answer, text);
  } catch {
    if (!paused) lost("no answer");
  } finally {
    asking = false;
    again();
  }
}

function take(answer, text) {
  if (answer.status === 304) return fine();
  if (isSignedOut(answer)) return over("signed out: reload the page");
  if (answer.status === 404) return over("it is not there any more");
  if (!answer.ok) return lost(`status ${answer.status}`);
  show(new DOMParser().parseFromString(text, "text/html"));
  fine();
}

// No page leads elsewhere: a redirect is the hook's own way to where staff sign in.
function isSignedOut(answer) {
  return answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403;
}

function again() {
  clearTimeout(timer);
  if (paused || document.hidden) return;
  timer = setTimeout(ask, Math.min(SLOWEST, every * 2 ** Math.min(failures, 5)));
}

// --- showing --------------------------------------------------------------------------------------

function show(page) {
  const fresh = sections(page);
  const same = [...fresh.keys()].join() === [...known.keys()].join();
  if (same) {
    for (const [id, html] of fresh) if (html !== known.get(id)) replace(page, id);
  } else {
    keeping(main, () => main.replaceChildren(...page.getElementById("main").childNodes));
  }
  known = fresh;
  document.title = page.title;
  tag = page.body.dataset.tag;
  if (page.body.dataset.said !== said) say(page.body.dataset.said);
  tick();
}

function replace(page, id) {
  const old = document.getElementById(id);
  const made = page.getElementById(id);
  made.classList.add("fresh");
  keeping(old, () => {
    old.replaceWith(made); // first: in the other document a picture would be loaded again
    keepPictures(old, made);
  });
}

// A picture stays to be seen until the one that replaces it is there.
function keepPictures(old, made) {
  for (const [index, next] of [...made.querySelectorAll(".paper img")].entries()) {
    const shown = old.querySelectorAll(".paper img")[index];
    if (!shown) continue;
    if (shown.getAttribute("src") !== next.getAttribute("src")) shown.src = next.getAttribute("src");
    if (shown.alt !== next.alt) shown.addEventListener("load", () => centre(shown), { once: true });
    shown.alt = next.alt;
    next.replaceWith(shown);
  }
}

// What the reader has done stays: what is opened, how far it is scrolled, where the focus is.
function keeping(place, change) {
  const opened = new Map([...place.querySelectorAll("details")].map((one) => [one.id, one.open]));
  const scrolled = [...place.querySelectorAll(".scroll")].map((one) => [
    one.getAttribute("aria-label"), one.scrollLeft, one.scrollTop,
  ]);
  const focus = pathOf(document.activeElement, place);
  const { id } = place;
  change();
  const now = document.getElementById(id);
  for (const one of now.querySelectorAll("details")) one.open = opened.get(one.id) ?? one.open;
  for (const [label, left, top] of scrolled) {
    const found = [...now.querySelectorAll(".scroll")].find((one) => one.ariaLabel === label);
    found?.scrollTo(left, top);
  }
  if (focus) focusAgain(now, focus);
}

function pathOf(element, place) {
  if (!place.contains(element) || element === place) return null;
  const alike = element.href ? `a[href="${CSS.escape(element.getAttribute("href"))}"]` : null;
  const path = [];
  for (let one = element; one !== place; one = one.parentElement) {
    path.unshift([...one.parentElement.children].indexOf(one));
  }
  return { alike, path };
}

function focusAgain(place, { alike, path }) {
  const same = alike && place.querySelector(alike);
  const there = path.reduce((one, index) => one?.children[index], place);
  (same ?? there)?.focus({ preventScroll: true });
}

// --- saying how it stands -------------------------------------------------------------------------

function clock() {
  return new Date(Date.now() + ahead).toISOString().slice(11, 19) + " UTC";
}

function stands(text, isLost = false) {
  live.classList.toggle("lost", isLost);
  live.textContent = text;
}

function fine() {
  failures = 0;
  stands(`Live, ${clock()}`);
}

function lost(why) {
  failures += 1;
  stands(`Not up to date (${why}); asking again`, true);
}

function over(why) {
  pause(true);
  stands(`No longer updated: ${why}`, true);
}

// One polite sentence when something has happened, and nothing while nothing has.
const voice = Object.assign(document.createElement("p"), { className: "voice", role: "status" });

function say(text) {
  said = text;
  voice.textContent = text;
}

// --- time goes by ---------------------------------------------------------------------------------

function spoken(seconds) {
  const units = [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]];
  let left = Math.round(seconds);
  const parts = [];
  for (const [unit, size] of units) {
    const number = Math.floor(left / size);
    left -= number * size;
    if (number || parts.length) parts.push([number, unit]);
  }
  const told = parts.slice(0, 2).filter(([number]) => number).map((part) => part.join(" "));
  return told.join(" ") || "0 s";
}

function tick() {
  const now = Date.now() + ahead;
  for (const one of document.querySelectorAll("time[data-since]")) {
    one.textContent = spoken(Math.max(0, (now - Date.parse(one.dateTime)) / 1000));
  }
  for (const one of document.querySelectorAll("time[data-until]")) {
    const left = (Date.parse(one.dateTime) - now) / 1000;
    one.textContent = left >= 0 ? `in ${spoken(left)}` : `${spoken(-left)} ago`;
  }
}

// --- what only a script can do --------------------------------------------------------------------

function finder() {
  const label = document.createElement("label");
  const field = Object.assign(document.createElement("input"), {
    type: "search", id: "find", placeholder: "attempt or owner", autocomplete: "off",
  });
  field.addEventListener("keydown", (event) => {
    const wanted = field.value.trim();
    if (event.key === "Enter" && wanted) location.href = `${root}find?q=${encodeURIComponent(wanted)}`;
  });
  label.append("Find ", field);
  return label;
}

const button = Object.assign(document.createElement("button"), { type: "button", id: "pause" });

function pauser() {
  pause(false);
  button.addEventListener("click", () => {
    pause(!paused);
    if (paused) {
      clearTimeout(timer);
      stands(`Paused, ${clock()}`);
    } else {
      ask();
    }
  });
  return button;
}

function pause(wanted) {
  paused = wanted;
  button.textContent = paused ? "Go on updating" : "Pause updating";
}

// A picture is wider than the screen: it begins where the attempt is, which its dot says.
async function centre(image) {
  const text = await (await fetch(image.src, { cache: "no-store" })).text();
  const drawn = new DOMParser().parseFromString(text, "image/svg+xml");
  const dot = [...drawn.querySelectorAll("text")].find((one) => one.textContent.startsWith("●"));
  const frame = image.parentElement;
  if (!dot || frame.scrollLeft || frame.scrollTop) return; // the reader was faster
  const [x, y] = ["x", "y"].map((name) => Number(dot.getAttribute(name)));
  frame.scrollTo(x - frame.clientWidth / 2, y - frame.clientHeight / 2);
}

async function centreAll() {
  for (const image of document.querySelectorAll(".paper img")) {
    await image.decode();
    await centre(image);
  }
}

const tools = document.getElementById("tools");
tools.prepend(finder());
centreAll().catch(() => {});
if (every > 0) {
  tools.append(pauser(), voice);
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : paused || ask()));
  setInterval(() => paused || tick(), 1000);
  fine();
  again();
}
