"""What each event means, in the words of whoever reads the audit log at the console."""

from __future__ import annotations

from idp.audit.events import AuditEvent
from idp.kernel.texts import Text

MEANINGS: dict[AuditEvent, Text] = {
    AuditEvent.LOGIN_COMPLETED: Text("Comenzó una sesión."),
    AuditEvent.LOGIN_SWITCHED: Text("Otra persona, que lo confirmó, reemplazó la sesión."),
    AuditEvent.SESSION_ENDED: Text("Terminó una sesión."),
    AuditEvent.LOGOUT_COMPLETED: Text("Una persona cerró su sesión."),
    AuditEvent.CODE_ISSUED: Text("Se dio a un componente un código de autorización."),
    AuditEvent.CODE_REPLAYED: Text("Volvió un código ya usado: se revocó lo que había dado."),
    AuditEvent.TOKEN_ISSUED: Text("Se dieron tokens a un componente."),
    AuditEvent.TOKEN_REFUSED: Text("Se rechazó una solicitud de tokens."),
    AuditEvent.CLIENT_AUTH_FAILED: Text("Un componente no probó quién es."),
    AuditEvent.LINK_REQUESTED: Text(
        "Se pidió un enlace de contingencia; a quién le llega se decide después."
    ),
    AuditEvent.LINK_SENT: Text("Un servidor de correo aceptó el correo con el enlace."),
    AuditEvent.LINK_NOT_ELIGIBLE: Text("No se envió nada: nadie cumplía los requisitos."),
    AuditEvent.LINK_OPENED: Text("Se abrió un enlace vigente."),
    AuditEvent.LINK_CONSUMED: Text("Se usó un enlace, de una vez y para siempre."),
    AuditEvent.LINK_REFUSED: Text("No se aceptó un enlace."),
    AuditEvent.LINK_WITHDRAWN: Text("Un enlace dejó de hacer falta: SUNAT respondió."),
    AuditEvent.LINK_REPORTED: Text("Alguien pulsó «No fui yo» ante un enlace."),
    AuditEvent.UPSTREAM_STARTED: Text("Se envió a una persona a SUNAT."),
    AuditEvent.UPSTREAM_FAILED: Text("SUNAT no dio una respuesta que sirviera."),
    AuditEvent.UPSTREAM_PROOF_REFUSED: Text("No se aceptó como prueba lo que vino de SUNAT."),
    AuditEvent.FLAG_CHANGED: Text("Alguien cambió el estado de SUNAT."),
    AuditEvent.ADDRESS_CHANGE_REQUESTED: Text("Una persona indicó otro correo, aún sin verificar."),
    AuditEvent.ADDRESS_CHANGE_CANCELLED: Text(
        "Una persona volvió al correo en uso; el pendiente no vale."
    ),
    AuditEvent.ADDRESS_VERIFICATION_FAILED: Text(
        "Un código o enlace para verificar un correo estaba equivocado o vencido."
    ),
    AuditEvent.ADDRESS_VERIFIED: Text("Una persona probó que un correo es suyo."),
    AuditEvent.ADDRESS_CHANGED: Text(
        "Un correo verificado reemplazará al anterior, al que se avisa."
    ),
    AuditEvent.ADDRESS_REPLACED: Text(
        "Un sistema indicó otro correo, o ninguno: el anterior ya no cuenta."
    ),
    AuditEvent.ADDRESS_UNDELIVERABLE: Text("Un correo se rechazó para siempre: el buzón no sirve."),
    AuditEvent.ADDRESS_DELIVERABLE: Text("Un operador quitó la marca de que un buzón no sirve."),
    AuditEvent.CONSENT_GIVEN: Text("Una persona autorizó las notificaciones."),
    AuditEvent.CONSENT_WITHDRAWN: Text("Una persona ya no autoriza las notificaciones."),
    AuditEvent.PERSON_CREATED: Text("Se vio a una persona por primera vez."),
    AuditEvent.PERSON_UPDATED: Text("Cambió lo que se sabe de una persona."),
    AuditEvent.PERSON_WITHDRAWN: Text(
        "Un sistema dijo que esa persona no existe: no puede usar la contingencia."
    ),
    AuditEvent.PERSON_RETURNED: Text("Un sistema volvió a nombrar a una persona retirada."),
    AuditEvent.PERSON_REVEALED: Text("Un operador vio los datos de una persona sin velo."),
    AuditEvent.PERSON_MERGED: Text("Un operador unió a otra persona con esta, que se conserva."),
    AuditEvent.PERSON_UNMERGED: Text("Un operador deshizo una unión de personas."),
    AuditEvent.PERSON_SEPARATED: Text("Un operador separó un usuario de una persona."),
    AuditEvent.PERSON_RETIRED: Text("Una persona dejó de existir: se unió o se separó."),
    AuditEvent.PERSON_RESTORED: Text("Volvió una persona que se había unido con otra."),
    AuditEvent.CONTACT_DOUBTED: Text(
        "Correo, autorización y navegadores ya no cuentan: pueden ser de otra persona."
    ),
    AuditEvent.PERSON_CHANGE_NOTIFIED: Text("Se avisó a un sistema que una persona cambió."),
    AuditEvent.PERSON_CHANGE_UNDELIVERED: Text(
        "No se pudo avisar a un sistema que una persona cambió."
    ),
    AuditEvent.PEOPLE_READ: Text("Un sistema leyó datos de personas."),
    AuditEvent.PEOPLE_IMPORTED: Text("Se importó un archivo de personas."),
    AuditEvent.PEOPLE_EXPORTED: Text("Se escribieron todas las personas en un archivo, sin velo."),
    AuditEvent.NUDGE_TOLD: Text(
        "Se dijo a una persona, después de ingresar, qué le falta para la contingencia."
    ),
    AuditEvent.NUDGE_ANSWERED: Text("Una persona respondió a lo que se le dijo al ingresar."),
    AuditEvent.PERSON_EXPORTED: Text("Se hizo una copia de todo lo que se guarda de una persona."),
    AuditEvent.PERSON_ERASED: Text("Un operador eliminó a una persona."),
    AuditEvent.PERSON_PURGED: Text("Se olvidó a una persona que no se usaba hacía mucho."),
    AuditEvent.PERSON_HELD: Text("Una obligación impide eliminar los datos de una persona."),
    AuditEvent.PERSON_RELEASED: Text("Ya ninguna obligación conserva los datos de una persona."),
    AuditEvent.DATA_PURGED: Text("Se eliminó lo que era demasiado antiguo."),
    AuditEvent.KNOWN_BROWSER_ADDED: Text("Se reconoció un navegador de una persona."),
    AuditEvent.KNOWN_BROWSER_REMOVED: Text("Se quitó un navegador reconocido."),
    AuditEvent.MAIL_ACCEPTED: Text("Un servidor de correo aceptó un mensaje."),
    AuditEvent.MAIL_DEFERRED: Text("Un mensaje se aplazó: se vuelve a intentar."),
    AuditEvent.MAIL_REFUSED: Text("Un mensaje no se enviará: se rechazó, o ya no tenía sentido."),
    AuditEvent.CAMPAIGN_BEGUN: Text("Un operador comenzó una campaña de correos."),
    AuditEvent.CAMPAIGN_PAUSED: Text("Un operador detuvo una campaña."),
    AuditEvent.CAMPAIGN_RESUMED: Text("Un operador reanudó una campaña."),
    AuditEvent.CAMPAIGN_FINISHED: Text("Terminó una campaña de correos."),
    AuditEvent.CAPTCHA_FAILED: Text("No se pasó la verificación «No soy un robot»."),
    AuditEvent.LIMIT_HIT: Text("Un límite de intentos rechazó una solicitud."),
    AuditEvent.CSRF_FAILED: Text("Un formulario no se envió desde una página nuestra."),
    AuditEvent.GRANT_REVOKED: Text("Se retiró lo que un ingreso dio a un componente."),
    AuditEvent.REFRESH_REPLAYED: Text(
        "Volvió un token de renovación ya usado: se revocó su familia."
    ),
    AuditEvent.LOGOUT_NOTIFIED: Text("Se avisó a un componente que una sesión terminó."),
    AuditEvent.LOGOUT_UNDELIVERED: Text(
        "No se pudo avisar a un componente que una sesión terminó."
    ),
    AuditEvent.CLIENT_DISABLED: Text("Un operador deshabilitó un componente."),
    AuditEvent.CLIENT_ENABLED: Text("Un operador volvió a habilitar un componente."),
    AuditEvent.CLIENT_ADDED: Text("Un operador agregó un componente al archivo."),
    AuditEvent.SESSIONS_REVOKED: Text("Un operador terminó sesiones y lo que dieron."),
    AuditEvent.CLIENTS_RELOADED: Text("Se leyó otra vez el archivo de componentes."),
    AuditEvent.CLIENTS_RELOAD_FAILED: Text(
        "El archivo de componentes tiene problemas; sigue en uso el último bueno."
    ),
    AuditEvent.KEYS_GENERATED: Text("Se crearon llaves de firma."),
    AuditEvent.KEYS_ROTATED: Text("Desde entonces firma otra llave."),
    AuditEvent.KEYS_REVOKED: Text("Una llave ya no vale."),
    AuditEvent.DATA_KEYS_ROTATED: Text("Desde entonces otra llave cifra los datos personales."),
    AuditEvent.DATA_KEYS_FORGOTTEN: Text("Se quitó una llave de datos que nada necesitaba."),
    AuditEvent.DATA_RESEALED: Text(
        "Se cifraron de nuevo los datos personales, con la llave nueva."
    ),
    AuditEvent.ADMIN_CREATED: Text("Un operador creó una cuenta de consola."),
    AuditEvent.ADMIN_ROLE_CHANGED: Text("Una cuenta de consola tiene otro rol."),
    AuditEvent.ADMIN_DISABLED: Text("Nadie ingresa más con una cuenta de consola."),
    AuditEvent.ADMIN_ENABLED: Text("Una cuenta de consola vale otra vez."),
    AuditEvent.ADMIN_RESET: Text("Una cuenta de consola empieza de cero."),
    AuditEvent.ADMIN_SET_UP: Text("Se activó una cuenta de consola con su enlace."),
    AuditEvent.ADMIN_LOGGED_IN: Text("Alguien ingresó a la consola."),
    AuditEvent.ADMIN_LOGIN_FAILED: Text("Alguien no pudo ingresar a la consola."),
    AuditEvent.ADMIN_PROVED_AGAIN: Text("Alguien en la consola escribió su contraseña otra vez."),
    AuditEvent.ADMIN_PASSWORD_CHANGED: Text("Una cuenta de consola tiene otra contraseña."),
    AuditEvent.ADMIN_CODES_RENEWED: Text(
        "Una cuenta de consola tiene otros códigos de recuperación."
    ),
    AuditEvent.ADMIN_SESSION_ENDED: Text("Terminó una sesión de la consola."),
    AuditEvent.PERSON_LOOKED_UP: Text("Alguien en la consola buscó a una persona."),
    AuditEvent.CALLER_CHECKED: Text(
        "La Mesa de Ayuda comparó lo que dijo quien llama con lo que se guarda."
    ),
    AuditEvent.AUDIT_DOWNLOADED: Text(
        "Alguien en la consola se llevó registros de la auditoría en un archivo."
    ),
    AuditEvent.FLAG_POLICY_CHANGED: Text(
        "Alguien eligió quién decide mientras el estado de SUNAT es automático."
    ),
    AuditEvent.FLAG_CHANGE_ASKED: Text("Un cambio de estado espera la palabra de otra persona."),
    AuditEvent.FLAG_CHANGE_DECIDED: Text(
        "Se decidió un cambio de estado que esperaba: se aprobó, se rechazó, se retiró o venció."
    ),
    AuditEvent.UPSTREAM_STATE_CHANGED: Text("Rige otro estado de SUNAT."),
    AuditEvent.UPSTREAM_JUDGED: Text("El vigía decidió sobre SUNAT por lo que observó."),
    AuditEvent.INCIDENT_REPORTED: Text("Se hizo el informe de una contingencia que terminó."),
    AuditEvent.WINDOW_PLANNED: Text("Alguien anunció un mantenimiento de SUNAT."),
    AuditEvent.WINDOW_CANCELLED: Text("Alguien retiró o terminó un mantenimiento anunciado."),
    AuditEvent.UPSTREAM_CHANGE_NOTIFIED: Text(
        "Se avisó a un componente que se ingresa de otra manera."
    ),
    AuditEvent.UPSTREAM_CHANGE_UNDELIVERED: Text(
        "No se pudo avisar a un componente que se ingresa de otra manera."
    ),
    AuditEvent.ADMINS_TOLD: Text("Se escribió a los administradores sobre SUNAT."),
    AuditEvent.AUDIT_CHAIN_BROKEN: Text(
        "La auditoría no es la que se firmó: faltan registros sellados, o son otros."
    ),
    AuditEvent.AUDIT_EXPORTED: Text("Se exportó la auditoría."),
    AuditEvent.AUDIT_REVEALED: Text(
        "Un operador vio la dirección de internet y el navegador de un registro."
    ),
    AuditEvent.AUDIT_KEY_MADE: Text("Se creó la llave de la auditoría."),
    AuditEvent.AUDIT_KEY_ROTATED: Text("La llave de la auditoría tiene sucesora."),
    AuditEvent.PROBER_ADVISED: Text("El vigía aconsejó a los administradores sobre SUNAT."),
    AuditEvent.DRILL_BEGUN: Text("Un operador comenzó un simulacro de contingencia."),
    AuditEvent.DRILL_ENDED: Text("Terminó un simulacro."),
    AuditEvent.DRILL_CHOSEN: Text("Un ingreso entró en un simulacro."),
    AuditEvent.DRILL_SHOWN: Text("Un ingreso de un simulacro vio el formulario."),
    AuditEvent.DRILL_LEFT: Text("Una persona de un simulacro prefirió ingresar con SUNAT."),
}


def meaning(event: AuditEvent | str) -> Text:
    """What an event means; of one that another version of this program wrote, that it did."""
    known = MEANINGS.get(event) if isinstance(event, AuditEvent) else None
    return known or Text("Lo escribió otra versión del programa.")
