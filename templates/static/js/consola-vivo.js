// The first page shows what holds now: it asks again every few seconds, while somebody looks at it.
// Asking counts as no use of the session, which ends when nobody does anything: then the page
// loads anew and leads to the login. Without this script the page has a button instead.
const EVERY = 5_000;
const { url } = document.getElementById("vivo").dataset;
const state = document.getElementById("vivo-estado");
const button = document.getElementById("pausar");
let paused = false;
let timer = 0;

function say(word) {
  const text = state.dataset[word];
  // Told once: a screen reader repeats whatever is written anew.
  if (state.textContent !== text) state.textContent = text;
}

// Puts the parts of another page in the place of this one's.
function put(text) {
  const found = new DOMParser().parseFromString(text, "text/html");
  for (const part of found.querySelectorAll("[data-live]")) {
    const here = document.querySelector(`[data-live="${part.dataset.live}"]`);
    if (here) become(here, part);
  }
}

// Changes no more than what differs: what has the focus keeps it, what was opened stays open, and
// what was scrolled stays where it is.
function become(here, next) {
  const [old, young] = [[...here.children], [...next.children]];
  if (here.tagName !== next.tagName || old.length !== young.length || own(here) !== own(next)) {
    return here.replaceWith(next);
  }
  for (const { name } of [...here.attributes]) {
    if (name !== "open" && !next.hasAttribute(name)) here.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) {
    if (here.getAttribute(name) !== value) here.setAttribute(name, value);
  }
  old.forEach((one, number) => become(one, young[number]));
}

// The words that stand in an element itself.
function own(element) {
  return [...element.childNodes].map((one) => (one.nodeType === Node.TEXT_NODE ? one.data : "<")).join("");
}

async function look() {
  clearTimeout(timer);
  if (paused || document.visibilityState !== "visible") return;
  try {
    const answer = await fetch(url, { cache: "no-store", redirect: "manual" });
    // Sent to the login: the session is over.
    if (answer.type === "opaqueredirect") return location.reload();
    if (answer.ok) put(await answer.text());
    say(answer.ok ? "on" : "lost");
  } catch {
    say("lost");
  }
  clearTimeout(timer);
  timer = setTimeout(look, EVERY);
}

function pause() {
  paused = !paused;
  button.textContent = paused ? button.dataset.go : button.dataset.pause;
  if (paused) say("off");
  else look();
}

state.hidden = button.hidden = false;
button.textContent = button.dataset.pause;
button.addEventListener("click", pause);
document.addEventListener("visibilitychange", look);
say("on");
timer = setTimeout(look, EVERY);
