// The page asks now and then whether its request may go on by mail by now. Only while somebody looks
// at it, and it changes only when there is something else to offer.
const EVERY = 15_000;
const { url, page, state } = document.getElementById("rescate").dataset;
let timer = 0;

async function look() {
  clearTimeout(timer);
  if (document.visibilityState !== "visible") return;
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (answer.ok) {
      const found = (await answer.json()).state;
      if (found === "over") return over();
      if (found !== state) return location.replace(page);
    }
  } catch {
    // No network for a moment: the next look will tell.
  }
  timer = setTimeout(look, EVERY);
}

// The login was finished or cancelled in another tab: nothing here leads anywhere any more.
function over() {
  document.getElementById("sigue").hidden = true;
  document.getElementById("terminado").hidden = false;
}

// After an answer of SUNAT's that was none this page stands at that answer's address: a reload looks
// at the request again.
history.replaceState(null, "", page);
addEventListener("pageshow", (shown) => {
  if (shown.persisted) look();
});
document.addEventListener("visibilitychange", look);
timer = setTimeout(look, EVERY);
