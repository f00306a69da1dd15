"""The manual's Markdown: screens, labels, anchors and values, and what it refuses."""

from __future__ import annotations

import pytest

from idp.help.markup import Document, Heading, Picture, TextError, read

TEXT = """## I. Uno: {enlace} {#uno}

![Qué se ve "ahí"](elegir "El pie.")

Pulse [[Ingresar]] o
[[revise|Salir de …]] en {enlace}; vea [abajo](#dos).

<!-- pantalla: vencido -->

### Dos {#dos}

1. Pulse [[Otro <b>]].
"""


def document(text: str = TEXT) -> Document:
    return read([("01.md", text)], {"enlace": "10 minutos"})


def test_text_tells_its_screens_labels_anchors_and_links_with_their_places() -> None:
    found = document()
    assert [(one.name, one.pictured) for one in found.screens] == [
        ("elegir", True),
        ("vencido", False),
    ]
    assert [(one.screen, one.text, str(one.place)) for one in found.labels] == [
        ("elegir", "Ingresar", "01.md:5, «I. Uno: 10 minutos»"),
        ("revise", "Salir de …", "01.md:6, «I. Uno: 10 minutos»"),
        ("vencido", "Otro <b>", "01.md:12, «Dos»"),
    ]
    assert found.headings == [Heading(2, "uno", "I. Uno: 10 minutos"), Heading(3, "dos", "Dos")]
    assert [target for target, _ in found.links] == ["#dos"]


def test_html_has_anchors_labels_and_escapes_what_is_no_markup() -> None:
    html = document().html({})
    assert '<h2 id="uno">I. Uno: 10 minutos</h2>' in html
    assert '<b class="label">Salir de …</b> en 10 minutos' in html
    assert "Otro &lt;b&gt;" in html


def test_picture_is_a_figure_with_its_text_and_room_for_it() -> None:
    html = document().html({"elegir": Picture("/a.png?v=1", 760, 500)})
    assert (
        '<figure><img src="/a.png?v=1" alt="Qué se ve &#34;ahí&#34;" width="760" height="500" '
        'loading="lazy"><figcaption>El pie.</figcaption></figure>'
    ) in html
    assert "<p><figure>" not in html


def test_text_without_its_pictures_is_the_text_alone() -> None:
    assert "<img" not in document().html({})
    assert "El pie." not in document().html({})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("## A {#a}\n\nPulse [[Ingresar]].", "no screen is named before it"),
        ("![a](b 'c')\n\n## A {#a}\n\n[[X]]", "no screen is named before it"),
        ("Dura {nada}.", "unknown value {nada}"),
        ("![](elegir 'Pie')", "needs what it shows, and a caption"),
        ("![Alt](elegir)", "needs what it shows, and a caption"),
        ("Mire ![Alt](elegir 'Pie') aquí.", "alone in its paragraph"),
        ("<script>x</script>", "HTML other than"),
        ("Hola <b>usted</b>.", "HTML within a sentence"),
    ],
)
def test_text_that_cannot_be_meant_is_refused_with_its_place(text: str, why: str) -> None:
    with pytest.raises(TextError, match=r"^01\.md:\d") as refused:
        document(text)
    assert why in str(refused.value)
