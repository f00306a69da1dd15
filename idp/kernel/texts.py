"""Words for people, in Spanish, that a page may say in another language."""

from __future__ import annotations


class Text(str):
    """A sentence in Spanish that remembers how it was made: `Text("Faltan {n} minutos", n=3)`.

    It is the Spanish sentence wherever a text is wanted; `web.i18n` says it in another language by
    its msgid. params may be texts themselves.
    """

    __slots__ = ("msgid", "params")
    msgid: str
    params: dict[str, object]

    def __new__(cls, msgid: str, /, **params: object) -> Text:
        """Fill the places of `msgid` (str.format)."""
        made = super().__new__(cls, msgid.format(**params) if params else msgid)
        made.msgid = msgid
        made.params = params
        return made


def minutes(count: int) -> Text:
    """`un minuto`, `5 minutos`."""
    return Text("un minuto") if count == 1 else Text("{count} minutos", count=count)


def seconds(count: int) -> Text:
    """`un segundo`, `45 segundos`."""
    return Text("un segundo") if count == 1 else Text("{count} segundos", count=count)


def waited(count: int) -> Text:
    """How long to wait, never too short: seconds while they are few, else minutes."""
    return seconds(count) if count < 90 else minutes(-(-count // 60))
