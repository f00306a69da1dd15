// Goes on to SUNAT. Once the page is loaded, since an earlier navigation would take its place in the
// history; shown again by Back, it asks the server, which says what to do about a SUNAT that did not
// answer. While SUNAT keeps everybody waiting this page is what they see.
const PATIENCE = 8_000;
const { next, page } = document.getElementById("a-sunat").dataset;

addEventListener("pageshow", (shown) => {
  if (shown.persisted) location.replace(page);
});
addEventListener("load", () => {
  setTimeout(() => location.assign(next), 0);
  setTimeout(() => (document.getElementById("demora").hidden = false), PATIENCE);
});
