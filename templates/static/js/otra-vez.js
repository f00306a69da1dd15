// Shown again by Back out of the browser's memory, a page whose login went on meanwhile asks anew.
addEventListener("pageshow", (shown) => {
  if (shown.persisted) location.reload();
});
