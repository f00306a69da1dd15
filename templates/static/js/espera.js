// The waiting page asks now and then whether this browser's login went on, and follows. Only while
// somebody looks at it: who reads mail in another tab costs nothing, and is answered on coming back.
const EVERY = 15_000;
const { url, next } = document.getElementById("espera").dataset;
let proved = 0;
let timer = 0;

async function look() {
  clearTimeout(timer);
  if (document.visibilityState !== "visible") return;
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (answer.ok) {
      const { state } = await answer.json();
      if (state === "entered" || state === "over") return location.reload();
      // The tab with the link goes on by itself; here only if it did not.
      proved = state === "proved" ? proved + 1 : 0;
      if (proved > 1) return location.assign(next);
    }
  } catch {
    // No network for a moment: the next look will tell.
  }
  timer = setTimeout(look, proved ? 3_000 : EVERY);
}

document.addEventListener("visibilitychange", look);
timer = setTimeout(look, EVERY);
