"""Files that are not even the YAML we expect, and what YAML may do in ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from clients_texts import HASH, REALMS, Load, client, document

from idp.clients import loader
from idp.clients.client import NudgePolicy
from idp.clients.document import MAX_DEPTH
from idp.clients.report import MAX_PROBLEMS

BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 10)}]\n"
    for old, new in zip("abcdef", "bcdefg", strict=True)
)
MERGE_BOMB = "a: &a {k: v}\n" + "".join(
    f"{new}: &{new} {{<<: [{','.join(['*' + old] * 10)}]}}\n"
    for old, new in zip("abcdef", "bcdefg", strict=True)
)

BROKEN = {
    "empty": (b"", 0, "vacío"),
    "only spaces": (b" \n\n", 0, "vacío"),
    "only comments": (b"# nada\n", 0, "vacío"),
    "null": (b"~\n", 1, "vacío"),
    "a list": (b"- a\n", 1, "bloque de claves"),
    "a text": (b"clients", 1, "bloque de claves"),
    "no clients": (b"clients: []\n", 1, "vacía"),
    "clients null": (b"clients:\n", 1, "está vacío"),
    "client null": (b"clients:\n  -\n", 2, "está vacío"),
    "other key": (b"clientes: []\nclients: [1]\n", 1, "desconocida"),
    "tab": (b"clients:\n\t- client_id: a\n", 2, "tabulador"),
    "colon": (b"a: b: c\n", 1, "sobra un `:`"),
    "open bracket": (b"clients: [\n", 2, "no se cierra"),
    "open quote": (b"clients:\n  - 'abc\n", 3, "comilla"),
    "indentation": (b"a:\n  - b\n c: d\n", 3, "sangría"),
    "two documents": (b"clients: []\n---\nclients: []\n", 2, "más de un documento"),
    "unknown alias": (b"clients: *nadie\n", 1, "alias"),
    "utf-16": ("clients: []".encode("utf-16"), 0, "UTF-16"),
    "latin-1": ("clients:\n  - client_name: Gestión\n".encode("latin-1"), 2, "no es UTF-8"),
    "nul": (b"clients:\n  a\x00b\n", 2, "carácter de control"),
    "python tag": (b"clients: !!python/object/apply:os.system [ls]\n", 1, "no está admitida"),
    "binary tag": (b"clients: !!binary aGk=\n", 1, "no está admitida"),
    "list as key": (b"? [a]\n: b\n", 1, "una clave no es un texto"),
    "alias of itself": (b"clients: &a [*a]\n", 1, "se contiene"),
    "merge of itself": (b"clients: &a {<<: *a}\n", 1, "se contiene"),
    "merge of a text": (b"a: &a x\nclients: [{<<: *a}]\n", 2, "<<"),
    "bomb": (BOMB.encode(), None, "demasiado largo"),
    "merge bomb": (MERGE_BOMB.encode(), None, "demasiado largo"),
    "long": (b"a: 1\n" * 30_000, None, "demasiado largo"),
    "deep": (b"[" * 100_000, 1, "niveles"),
    "huge number": (b"clients: " + b"9" * 5_000 + b"\n", 1, "no se entiende"),
    "over 1 MB": (b"#" * (loader.MAX_BYTES + 1), 0, "1 MB"),
}


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN.keys())
def test_load_broken_file_says_where_and_what(load: Load, case: tuple) -> None:
    content, line, message = case
    result = load(content)
    told = [one for one in result.problems if message in one.message]
    assert told, result.problems
    assert line is None or told[0].line == line
    assert all(one.instead for one in result.problems)
    assert not result.clients


def test_load_missing_file_says_so(tmp_path: Path) -> None:
    result = loader.load(tmp_path / "no.yaml", production=False, realms=REALMS)
    assert "no existe" in result.problems[0].message
    assert "IDP_CLIENTS_FILE" in result.problems[0].instead


def test_load_directory_says_so(tmp_path: Path) -> None:
    result = loader.load(tmp_path, production=False, realms=REALMS)
    assert "no es un archivo" in result.problems[0].message


def test_load_nesting_within_the_limit_is_judged_by_the_schema(load: Load) -> None:
    result = load("clients: " + "[" * (MAX_DEPTH - 2) + "]" * (MAX_DEPTH - 2))
    assert [one.path for one in result.problems] == ["clients[0]"]


def test_load_byte_order_mark_and_crlf_are_accepted(load: Load) -> None:
    assert load(b"\xef\xbb\xbf" + document().replace("\n", "\r\n").encode()).ok


def test_load_alias_and_merge_share_what_is_written_once(load: Load) -> None:
    shared = client(contingency="&reglas {allowed: false}")
    text = document(shared, client("dos", contingency="{<<: *reglas, on_recovery: keep}"))
    result = load(text)
    assert result.problems == ()
    assert not result.clients["dos"].contingency.allowed
    assert result.clients["dos"].contingency.on_recovery == "keep"


@pytest.mark.parametrize(
    ("given", "policy", "limit"),
    [
        ("{}", "limit", 0),
        ("{on_recovery: end}", "limit", 0),
        ("{on_recovery: limit, recovery_limit: 900}", "limit", 900),
        ("{recovery_limit: 900}", "limit", 900),
        ("{on_recovery: keep}", "keep", 0),
        ("{on_recovery: logout}", "logout", 0),
    ],
)
def test_document_says_what_a_recovery_means(
    given: str, policy: str, limit: int, load: Load
) -> None:
    told = "https://uno.example.com/salir"
    result = load(document(client(contingency=given, backchannel_logout_uri=told)))
    found = result.clients["uno"].contingency
    assert (found.on_recovery, found.recovery_limit) == (policy, limit)


def test_load_merge_never_overrides_what_the_block_says(load: Load) -> None:
    text = document(
        client(contingency="&reglas {allowed: false}"),
        client("dos", contingency="{allowed: true, <<: *reglas}"),
    )
    assert load(text).clients["dos"].contingency.allowed


def test_load_mistake_in_a_merged_value_is_placed_where_it_is_written(load: Load) -> None:
    text = document(
        client(contingency="&reglas {max_session: 1}"),
        client("dos", contingency="{<<: *reglas}"),
    )
    assert [(one.line, one.path) for one in load(text).problems] == [
        (7, "clients[0].contingency.max_session"),
        (7, "clients[1].contingency.max_session"),
    ]


def test_load_unquoted_moment_stays_a_text(load: Load) -> None:
    text = document(client(secrets=f"[{{hash: {HASH}, not_after: 2027-01-31T23:59:59-05:00}}]"))
    until = load(text).clients["uno"].secrets[0].not_after
    assert until is not None
    assert until.isoformat() == "2027-02-01T04:59:59+00:00"


def test_load_file_of_another_kind_tells_a_part_of_what_is_wrong_and_that_there_is_more(
    load: Load,
) -> None:
    result = load("clients:\n" + "  - x: y\n" * 3_000)
    assert len(result.problems) == MAX_PROBLEMS + 1
    assert "hay más problemas" in result.problems[-1].message


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ({}, NudgePolicy(missing=True, yearly=True)),
        ({"contingency": "{allowed: false}"}, NudgePolicy(missing=False, yearly=False)),
        ({"nudge": "{yearly: false}"}, NudgePolicy(missing=True, yearly=False)),
        (
            {"contingency": "{allowed: false}", "nudge": "{missing: true}"},
            NudgePolicy(missing=True, yearly=False),
        ),
    ],
    ids=["nothing", "no contingency", "one off", "no contingency, one on"],
)
def test_nudges_are_on_where_contingency_is_unless_it_says_otherwise(
    lines: dict[str, str], expected: NudgePolicy, load: Load
) -> None:
    assert load(document(client(**lines))).clients["uno"].nudge == expected
