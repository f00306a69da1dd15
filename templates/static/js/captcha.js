// ALTCHA under a strict CSP: the worker is a file of ours, and no inline code is needed.
(function () {
  var worker = document.currentScript.getAttribute("data-worker");
  if (window.$altcha && worker) {
    window.$altcha.algorithms.set("PBKDF2/SHA-256", function () {
      return new Worker(worker);
    });
  }
})();
