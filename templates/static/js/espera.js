// The waiting page asks now and then whether this browser's login went on, and follows. Only while
// somebody looks at it: who reads mail in another tab costs nothing, and is answered on coming back.
const EVERY = 15_000;
const { url, next, page } = document.getElementById("espera").dataset;
let proved = 0;
let timer = 0;

// Minutes into the words of the element's own language.
function say(id, minutes) {
  const place = document.getElementById(id);
  if (!place || minutes === null || minutes === undefined) return;
  const { none = "", one = "", many = "" } = place.dataset;
  place.textContent = minutes === 0 ? none : minutes === 1 ? one : many.replace("{n}", minutes);
}

async function look() {
  clearTimeout(timer);
  if (document.visibilityState !== "visible") return;
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (answer.ok) {
      const found = await answer.json();
      if (["entered", "over", "recovered"].includes(found.state)) return location.replace(page);
      // The tab with the link goes on by itself; here only if it did not.
      proved = found.state === "proved" ? proved + 1 : 0;
      if (proved > 1) return location.assign(next);
      document.getElementById("sunat").hidden = !found.sunat;
      // After its end the page waits for nothing but a login in another tab.
      if (document.getElementById("fin")) return again();
      say("quedan", found.minutes_left);
      say("cola", found.queue_minutes);
      say("recientes", found.recent_minutes);
      // Its line is shown while there is something to tell.
      document.getElementById("recientes").parentElement.hidden = found.recent_minutes === null;
      // What is being typed must not get lost: the page changes only while its field is empty.
      const typed = document.getElementById("codigo")?.value;
      if (found.minutes_left === 0 && !typed) return location.replace(page);
    }
  } catch {
    // No network for a moment: the next look will tell.
  }
  again();
}

function again() {
  timer = setTimeout(look, proved ? 3_000 : EVERY);
}

// After a refused form this page stands at the form's address: a reload, by hand or from here, must
// look again, not send the form again.
history.replaceState(null, "", page);
document.addEventListener("visibilitychange", look);
timer = setTimeout(look, EVERY);
