"""Rendering without a request."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from idp.kernel.times import lima_date
from idp.mail.templates import MailTemplates


@pytest.fixture
def templates(tmp_path: Path) -> MailTemplates:
    folder = tmp_path / "mail" / "saludo" / "es"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("Hola, {{ name }}\n")
    (folder / "body.txt").write_text("{{ name }} {{ help_desk.phone }}\n")
    (folder / "body.html").write_text("<p>{{ name }}</p>\n")
    return MailTemplates(tmp_path, shared={"help_desk": {"phone": "207-1510"}})


def test_render_escapes_in_html_only(templates: MailTemplates) -> None:
    mail = templates.render("saludo", "es", {"name": "A & B <C>"})
    assert mail.text == "A & B <C> 207-1510"
    assert mail.html == "<p>A &amp; B &lt;C&gt;</p>"


def test_render_a_name_with_line_breaks_keeps_the_subject_in_one_line(
    templates: MailTemplates,
) -> None:
    mail = templates.render("saludo", "es", {"name": "A\r\nBcc: b@example.com"})
    assert mail.subject == "Hola, A Bcc: b@example.com"


def test_render_in_a_language_without_templates_falls_back(templates: MailTemplates) -> None:
    assert templates.render("saludo", "qu", {"name": "A"}).subject == "Hola, A"


def test_render_with_a_value_missing_fails(templates: MailTemplates) -> None:
    with pytest.raises(UndefinedError):
        templates.render("saludo", "es", {})


def test_lima_text_is_five_hours_behind_and_rounded_down() -> None:
    from datetime import UTC, datetime

    assert lima_date(datetime(2026, 11, 24, 2, 42, 59, tzinfo=UTC)) == "21:42 h del 23/11/2026"
