"""What people read when something goes wrong: by message id, in plain Spanish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from idp.kernel.texts import Text


@dataclass(frozen=True)
class Message:
    """title: what happened. description: one plain sentence. way_on: what to do now."""

    title: str
    description: str
    way_on: str


_AGAIN = Text("Vuelva a la página del componente de la VUCE y pulse Ingresar otra vez.")
_WAIT = Text("Espere unos minutos y vuelva a intentarlo.")
_COMPONENT = Text("Avise a la Mesa de Ayuda e indique desde qué componente de la VUCE llegó.")

MESSAGES: dict[str, Message] = {
    "csrf_failed": Message(
        "No pudimos verificar el formulario",
        "El formulario venció o no se envió desde esta página.",
        "Regrese, actualice la página y envíe el formulario otra vez.",
    ),
    "captcha_failed": Message(
        "No se completó la verificación",
        "No pudimos comprobar la casilla «No soy un robot».",
        "Regrese, marque la casilla y espere a que termine.",
    ),
    "captcha_expired": Message(
        "La verificación venció",
        "Pasó demasiado tiempo desde que marcó la casilla «No soy un robot».",
        "Regrese y márquela otra vez.",
    ),
    "captcha_unavailable": Message(
        "No se pudo verificar",
        "El servicio que verifica «No soy un robot» no responde.",
        _WAIT,
    ),
    "rate_limited": Message(
        "Demasiados intentos",
        "Por seguridad, limitamos cuántas veces se puede pedir esto en poco tiempo.",
        _WAIT,
    ),
    "many_people": Message(
        "Muchas personas a la vez",
        "En este momento muchas personas piden un enlace.",
        _WAIT,
    ),
    "transaction_unknown": Message(
        "Este ingreso ya no está disponible",
        "El ingreso terminó o la dirección no está completa.",
        _AGAIN,
    ),
    "transaction_expired": Message(
        "Se agotó el tiempo para ingresar",
        "Por seguridad, cada ingreso tiene un tiempo límite.",
        _AGAIN,
    ),
    "wrong_browser": Message(
        "Este ingreso empezó en otro navegador",
        "Solo puede continuarlo en el navegador donde lo inició.",
        "Vuelva a ese navegador, o inicie un ingreso nuevo desde el componente de la VUCE.",
    ),
    "invalid_realm": Message(
        "Tipo de usuario no disponible",
        "El componente no admite ese tipo de usuario.",
        _AGAIN,
    ),
    "person_unknown": Message(
        "No encontramos sus datos",
        "La sesión corresponde a un usuario que ya no está registrado.",
        "Cierre sesión e ingrese otra vez.",
    ),
    "account_read_only": Message(
        "No puede cambiar sus datos ahora",
        "Ingresó en modo contingencia; para cambiar sus datos debe ingresar con SUNAT.",
        "Vuelva a intentarlo cuando SUNAT esté disponible.",
    ),
    "temporarily_unavailable": Message(
        "El servicio no está disponible en este momento",
        "Una parte de nuestro sistema no responde. No se perdió nada de lo que hizo.",
        "Espere unos segundos y actualice la página.",
    ),
    "not_found": Message(
        "No encontramos la página",
        "La dirección no existe o está incompleta.",
        "Revise la dirección, o vuelva al componente de la VUCE.",
    ),
    "method_not_allowed": Message(
        "Esta dirección no se usa así",
        "La página no admite este tipo de solicitud.",
        "Vuelva al componente de la VUCE e ingrese desde allí.",
    ),
    "request_too_large": Message(
        "La solicitud es demasiado grande",
        "Se envió más información de la que aceptamos.",
        _COMPONENT,
    ),
    "server_error": Message(
        "Ocurrió un error de nuestra parte",
        "No pudimos completar la solicitud. Ya quedó registrado para revisarlo.",
        _WAIT,
    ),
    "invalid_client": Message(
        "Componente no reconocido",
        "El enlace por el que llegó no corresponde a un componente registrado en la VUCE.",
        _COMPONENT,
    ),
    "client_disabled": Message(
        "Componente deshabilitado",
        "El ingreso a este componente de la VUCE está suspendido temporalmente.",
        "Comuníquese con la Mesa de Ayuda si necesita realizar un trámite urgente.",
    ),
    "invalid_request_uri": Message(
        "La solicitud de ingreso ya no está disponible",
        "El componente la envió hace demasiado tiempo, o ya fue respondida.",
        _AGAIN,
    ),
    "invalid_request_object": Message(
        "La solicitud no es válida",
        "No pudimos comprobar que la solicitud provenga del componente.",
        _COMPONENT,
    ),
    "request_uri_not_supported": Message(
        "La solicitud no es válida",
        "El componente pidió su ingreso de una forma que no está disponible.",
        _COMPONENT,
    ),
    "invalid_redirect_uri": Message(
        "Dirección de retorno no registrada",
        "Por su seguridad no podemos enviarlo a la dirección que pidió el componente.",
        _COMPONENT,
    ),
    "invalid_request": Message(
        "La solicitud no es válida",
        "El enlace por el que llegó está incompleto o mal formado.",
        _AGAIN,
    ),
    "unsupported_response_type": Message(
        "La solicitud no es válida",
        "El componente pidió una forma de respuesta que no está disponible.",
        _COMPONENT,
    ),
    "drill_unknown": Message(
        "El simulacro no está en curso",
        "La dirección está incompleta o el simulacro ya terminó.",
        "Ingrese a la VUCE como siempre, o consulte a quien le envió el enlace.",
    ),
    "link_unknown": Message(
        "El enlace no es válido",
        "La dirección está incompleta o el enlace ya no existe.",
        "Copie el enlace completo del correo, o inicie un ingreso nuevo.",
    ),
    "link_expired": Message(
        "El enlace venció",
        "Por seguridad, cada enlace sirve por pocos minutos.",
        "Pida otro enlace desde el componente de la VUCE.",
    ),
    "link_used": Message(
        "El enlace ya se usó",
        "Cada enlace sirve una sola vez.",
        "Si no fue usted, comuníquese con la Mesa de Ayuda.",
    ),
    "link_superseded": Message(
        "Hay un enlace más reciente",
        "Usted pidió otro enlace después de este.",
        "Use el enlace del último correo.",
    ),
    "link_withdrawn": Message(
        "Este enlace ya no hace falta",
        "El ingreso para el que se pidió continuó con SUNAT.",
        "Si ya ingresó, puede cerrar esta página.",
    ),
    "upstream_failed": Message(
        "SUNAT no respondió",
        "El sistema de SUNAT no completó su ingreso.",
        _WAIT,
    ),
    "proof_refused": Message(
        "No pudimos confirmar su ingreso",
        "La respuesta que llegó de SUNAT no es válida.",
        _AGAIN,
    ),
    "verification_failed": Message(
        "No pudimos verificar el correo",
        "El código o el enlace no es correcto.",
        "Use los del último correo que le enviamos.",
    ),
    "verification_expired": Message(
        "La verificación venció",
        "El código o el enlace ya no es válido.",
        "Vuelva a Modificación de Datos y pida uno nuevo.",
    ),
    "invalid_logout_request": Message(
        "No pudimos cerrar la sesión",
        "La solicitud del componente no es válida; su sesión sigue abierta.",
        "Cierre la sesión desde la página del componente, o cierre el navegador.",
    ),
}

_UNKNOWN = Message("La solicitud no se pudo completar", "Ocurrió un problema.", _AGAIN)


def message_for(message_id: str, table: Mapping[str, Message] = MESSAGES) -> Message:
    """The text of a message id; an id that is not in the table has a general one."""
    return table.get(message_id, _UNKNOWN)
