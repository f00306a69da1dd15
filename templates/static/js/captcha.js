// ALTCHA under a strict CSP: its worker is a file of ours, and no inline code is needed.
// Its texts are ours too: the widget's own Spanish addresses people informally.
const { algorithms, i18n } = globalThis.$altcha;
const worker = document.getElementById("captcha-script").dataset.worker;
// What went wrong is told with the box, which the widget makes by itself and later than this runs.
const widget = document.querySelector("[data-captcha]");
const error = document.getElementById("captcha-error");
function mark() {
  for (const box of widget.querySelectorAll("input[type=checkbox]")) {
    box.setAttribute("aria-invalid", "true");
    box.setAttribute("aria-describedby", error.id);
  }
}
if (widget && error) {
  new MutationObserver(mark).observe(widget, { childList: true, subtree: true });
  mark();
}
algorithms.set("PBKDF2/SHA-256", () => new Worker(worker));
i18n.set("es", {
  ariaLinkLabel: "ALTCHA",
  cancel: "Cancelar",
  enterCode: "Ingrese el código",
  enterCodeAria: "Ingrese el código que escucha. Presione Espacio para reproducir el audio.",
  enterCodeFromImage: "Para continuar, ingrese el código de la imagen.",
  error: "No se pudo verificar. Actualice la página e inténtelo otra vez.",
  expired: "La verificación venció. Márquela otra vez.",
  footer: "",
  getAudioChallenge: "Escuchar un código",
  label: "No soy un robot",
  loading: "Cargando…",
  reload: "Volver a cargar",
  verificationRequired: "Marque la casilla «No soy un robot».",
  verified: "Verificado",
  verify: "Verificar",
  verifying: "Verificando…",
  waitAlert: "Espere, por favor: se está verificando.",
});
