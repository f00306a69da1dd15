"""Rendering mails from `templates/mail/<name>/<language>/`, without a request."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound

from idp.kernel.times import with_article
from idp.mail.message import RenderedMail

FALLBACK = "es"


class MailTemplates:
    """templates_dir: the folder that holds `mail/`. shared: what every mail shows (help_desk…)."""

    def __init__(self, templates_dir: Path, *, shared: Mapping[str, object]) -> None:
        self._shared = dict(shared)
        self._environment = Environment(
            loader=FileSystemLoader(templates_dir / "mail"),
            autoescape=lambda name: name is not None and name.endswith(".html"),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["las"] = with_article

    def render(self, name: str, language: str, context: Mapping[str, object]) -> RenderedMail:
        """The mail in this language, in Spanish when there is none."""
        values = {**self._shared, **context}

        def part(file: str) -> str:
            for one in (language, FALLBACK):
                try:
                    return self._environment.get_template(f"{name}/{one}/{file}").render(values)
                except TemplateNotFound:
                    if one == FALLBACK:
                        raise
            raise AssertionError("unreachable")

        return RenderedMail(
            # One line: a name with a line break must not begin another header.
            subject=" ".join(part("subject.txt").split()),
            text=part("body.txt"),
            html=part("body.html"),
        )
