"""What of the text is made ready before it is written."""

from __future__ import annotations

from manual.making import HELP_DESK, alone


def test_guide_that_stands_alone_links_to_no_other_guide() -> None:
    guide = HELP_DESK.read_text(encoding="utf-8")
    assert "](identidad.md)" in guide
    made = alone(guide)
    assert "](" not in made
    assert "(scim.md)" in made


def test_links_that_lead_elsewhere_stay() -> None:
    assert alone("[aquí](#abajo) y [la VUCE](https://www.vuce.gob.pe/x.md)") == (
        "[aquí](#abajo) y [la VUCE](https://www.vuce.gob.pe/x.md)"
    )
    assert alone("([llaves.md](llaves.md#rotar))") == "(llaves.md)"
