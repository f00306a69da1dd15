"""docs/estado.md is true: its commands run, its fields and its code are those of the provider."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from integrar_snippets import DEMO, Served

from idp.deliveries.flag_notices import EVENT, GIVE_UP, RETRY
from idp.upstream_status.notices import SILENCE, WARNING, Kind
from idp.upstream_status.public import Incident, Known, Maintenance, PublicStatus
from idp.upstream_status.public_words import Words, document

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "estado.md").read_text(encoding="utf-8")
FLAG = (ROOT / "docs" / "contingencia.md").read_text(encoding="utf-8")


def fences(language: str) -> list[str]:
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", TEXT, re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", code, flags=re.MULTILINE) for indent, code in found]


def test_commands_of_the_page_answer_what_it_says(provider: Served) -> None:
    status, conditional, feed = (provider.shell(one) for one in fences("sh"))
    assert set(json.loads(status)) == set(json.loads(fences("json")[0]))
    assert conditional.strip() == "304"
    assert "<feed" in feed


def test_example_has_the_fields_of_the_answer_and_the_table_names_them() -> None:
    now = datetime(2026, 11, 23, 15, 42, tzinfo=UTC)
    told = document(
        PublicStatus(
            at=now,
            known=(Known("sol", False, now),),
            maintenance=(Maintenance("sol", now, now + timedelta(hours=1)),),
            incidents=(Incident("sol", now, None, False),),
            current=True,
            read_at=now,
        ),
        Words({}),
    )
    example = json.loads(fences("json")[0])
    assert shape(told) == shape(example)
    named = set(re.findall(r"`(\w+)`", TEXT))
    assert {name for one in shape(told) for name in one} <= named | {
        "starts_at",
        "ends_at",
        "announced_by",
    }


def shape(told: dict[str, Any]) -> list[set[str]]:
    lists = ("realms", "maintenance", "incidents")
    return [set(told), *(set(told[name][0]) for name in lists)]


def signed(provider: Served, *, typ: str = "secevent+jwt", **changes: Any) -> str:
    claims = {**json.loads(fences("json")[1]), "iss": provider.url, **changes}
    return provider.world.services.keyring.sign(claims, alg="RS256", typ=typ)


def test_code_of_the_page_reads_an_event_and_nothing_else(provider: Served) -> None:
    room: dict[str, Any] = {}
    exec(fences("python")[0].replace(DEMO, provider.url), room)
    read = room["read"]
    assert room["EVENT"] == EVENT
    jti, happened = read(signed(provider), "origen")
    assert (jti, happened["mode"], happened["seq"]) == ("sol-17", "contingencia", 17)
    bad = [
        signed(provider, typ="JWT"),
        signed(provider, iss="https://evil.example"),
        signed(provider, aud="otro"),
        signed(provider)[:-8] + "AAAAAAAA",
    ]
    for token in bad:
        with pytest.raises(ValueError, match="not"):
            read(token, "origen")


def test_numbers_of_the_page_are_those_of_the_code() -> None:
    assert f"{RETRY.tries} veces o un día" in TEXT
    assert (RETRY.first, RETRY.longest, GIVE_UP) == (2.0, 600.0, 86_400)
    assert (WARNING, SILENCE) == (timedelta(minutes=15), timedelta(minutes=5))


def test_notices_to_the_admins_are_all_named() -> None:
    section = FLAG.split("## Quién se entera\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", section, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert [name for name in named if name != "kind"] == [one.value for one in Kind]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([\w-]+\.md)", TEXT))))
def test_page_that_is_linked_exists(target: str) -> None:
    assert (ROOT / "docs" / target).is_file()
