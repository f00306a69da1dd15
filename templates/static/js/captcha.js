// ALTCHA under a strict CSP: its worker is a file of ours, and no inline code is needed.
// Its texts are ours too: the widget's own Spanish addresses people informally.
const { algorithms, i18n } = globalThis.$altcha;
const worker = document.getElementById("captcha-script").dataset.worker;
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
