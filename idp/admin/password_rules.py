"""Which passwords are taken (NIST SP 800-63B §3.1.1.2): long ones that are not the first that
somebody would try. Nothing is asked of which kinds of character they are made.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from idp.kernel.texts import Text

LEAST = 12
MOST = 128

_SHORT = Text("Use al menos {least} caracteres; puede ser una frase.", least=LEAST)
_LONG = Text("Use {most} caracteres como máximo.", most=MOST)
_COMMON = Text(
    "Esa contraseña sería de las primeras que alguien probaría. Elija otra, por ejemplo cuatro "
    "palabras que no tengan relación entre sí."
)
# What is tried first in Spanish and English, and what this service is about. A password that is
# made of these alone, whatever digits and signs stand around or instead of letters, is refused.
_LIST = """
password passwort passw pass contrasena contrasenia clave claves secreto secreta secret
admin administrador administradora administrator administracion root superuser usuario usuarios
user operador operadora operator auditor auditoria login ingreso ingresar acceso entrar entrada
bienvenido bienvenida welcome hola hello letmein changeme cambiame cambiar temporal temp
default prueba pruebas test testing demo ejemplo example sistema sistemas system server servidor
soporte support ayuda mesa helpdesk seguridad security computer computadora internet
qwerty qwertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm azerty abc abcd abcdef abcdefgh
iloveyou teamo amor amorcito princesa princess sunshine dragon monkey football futbol baseball
superman batman pokemon starwars shadow master killer michael charlie jesus dios familia
mexico espana peru peruano peruana lima callao cusco arequipa trujillo piura tacna alianza
universitario cristal machupicchu viva arriba enero febrero marzo abril mayo junio julio agosto
setiembre septiembre octubre noviembre diciembre lunes martes miercoles jueves viernes sabado
domingo verano invierno otono primavera
vuce mincetur sunat aduanas aduana comercio exterior turismo ministerio estado gobierno gob
ventanilla unica contingencia consola console origen mercancias restringidas autorizaciones
gestion tramite tramites oidc idp sol ruc de del la el y mi tu su es los las un una the my is
"""
_WORDS = frozenset(_LIST.split())
_STANDS_FOR = str.maketrans("0134578@$!", "oieastbasi")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "abcdefghijklmnopqrstuvwxyz")
_PAIRS = {row[at : at + 2] for row in _ROWS for at in range(len(row) - 1)}
_NEIGHBOURS = _PAIRS | {pair[::-1] for pair in _PAIRS}


def problem(password: str, words: Iterable[str] = ()) -> Text | None:
    """Why a password is not taken, None for a good one. words: what else is easily guessed, such
    as the account's name.
    """
    text = unicodedata.normalize("NFKC", password)
    if len(text) < LEAST:
        return _SHORT
    if len(text) > MOST:
        return _LONG
    known = _WORDS.union(*(_parts(word) for word in words))
    guessed = any(_made_of(letters, known) for letters in (_letters(text), _core(text)))
    return _COMMON if guessed or _repeats(text) or _walks(text.casefold()) else None


def _core(text: str) -> str:
    """The letters that it is about: without what stands around them, signs read as letters."""
    plain = _plain(text)
    first = next((at for at, char in enumerate(plain) if char.isalpha()), len(plain))
    last = next((at for at, char in enumerate(reversed(plain)) if char.isalpha()), 0)
    return _letters(plain[first : len(plain) - last].translate(_STANDS_FOR))


def _parts(word: str) -> set[str]:
    """A name as a whole, and each part of it."""
    return {_letters(word), *(_letters(one) for one in re.split(r"[\W\d_]+", word))} - {""}


def _letters(text: str) -> str:
    return "".join(char for char in _plain(text) if char.isalpha())


def _plain(text: str) -> str:
    return "".join(
        char
        for char in unicodedata.normalize("NFKD", text.casefold())
        if not unicodedata.combining(char)
    )


def _made_of(text: str, words: frozenset[str] | set[str]) -> bool:
    """Whether a text is nothing but these words, one after another."""
    reached = {0}
    for end in range(1, len(text) + 1):
        if any(start in reached and text[start:end] in words for start in range(end)):
            reached.add(end)
    return bool(text) and len(text) in reached


def _repeats(text: str) -> bool:
    """Whether it is one piece three times or more."""
    for size in range(1, len(text) // 3 + 1):
        if (text[:size] * (len(text) // size + 1))[: len(text)] == text:
            return True
    return False


def _walks(text: str) -> bool:
    """Whether it goes along the alphabet, the digits or the keyboard, all but a few steps."""
    pairs = [text[at : at + 2] for at in range(len(text) - 1)]
    steps = sum(pair in _NEIGHBOURS or pair[0] == pair[1] for pair in pairs)
    return steps >= 0.8 * len(pairs)
