"""Files for people to keep: rendered without a request, read where nothing of ours is served."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment

from idp.web.i18n import SOURCE, catalogues
from idp.web.render import environment


class Documents:
    """Renders templates of a folder as whole files. shared: what each of them is given.

    The catalogues are read when they are first needed.
    """

    def __init__(self, folder: Path, *, locales: Path, shared: Mapping[str, object]) -> None:
        self._folder = folder
        self._locales = locales
        self._shared = dict(shared)

    def render(self, template: str, language: str = SOURCE, /, **context: Any) -> str:
        """The file's text in this language."""
        found = self._environments[language].get_template(template)
        return found.render({**context, "language": language})

    @cached_property
    def _environments(self) -> dict[str, Environment]:
        return {
            language: environment(self._folder, language, found, self._shared)
            for language, found in catalogues(self._locales).items()
        }
