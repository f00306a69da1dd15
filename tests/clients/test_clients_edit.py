"""clients.yaml changed as text: what a change does not concern stays byte for byte."""

from __future__ import annotations

import pytest
import yaml
from clients_texts import HASH, REALMS

from idp.clients import document, edit, loader
from idp.clients.block import NewClient, scalar
from idp.clients.edit import CannotEdit
from idp.clients.report import Report

BLOCK = ["client_id: dos", "client_name: Dos", "secrets:", "  - hash: x"]

COMMENTED = f"""\
# Los componentes. Ana, 3 de marzo: no tocar `uno` sin avisar.
clients:
  # el primero
  - client_id: uno   # nunca cambia
    client_name: 'Uno: "el primero"'
    redirect_uris: [https://uno.pe/c,   https://uno.pe/d]

    scope: openid
    secrets:
      - hash: {HASH}   # rotado en enero
  - client_id: "dos"
    client_name: Dos
    redirect_uris:
    - https://dos.pe/c
    scope: openid
    secrets: [{{hash: {HASH}}}]
# fin
"""


def ids(raw: bytes) -> dict[str, bool]:
    """client_id to disabled, as the loader reads it; the file must have no problem."""
    found = loader.parse(raw, report=Report("f"), production=False, realms=REALMS)
    assert found.problems == ()
    return {name: one.disabled for name, one in found.clients.items()}


def changed_lines(before: bytes, after: bytes) -> tuple[list[bytes], list[bytes]]:
    """Lines that went, and lines that came, at one place."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return old, new


# id: (file, what is added to it)
APPENDED = {
    "indented": ("clients:\n  - client_id: uno\n", "\n  - client_id: dos\n    client_name: Dos\n"),
    "not indented": ("clients:\n- client_id: uno\n", "\n- client_id: dos\n  client_name: Dos\n"),
    "wide dash": ("clients:\n    -   client_id: uno\n",
                  "\n    - client_id: dos\n      client_name: Dos\n"),
    "no newline at its end": ("clients:\n  - client_id: uno",
                              "\n\n  - client_id: dos\n    client_name: Dos\n"),
    "blank line at its end": ("clients:\n  - client_id: uno\n\n",
                              "  - client_id: dos\n    client_name: Dos\n"),
    "comment at its end": ("clients:\n  - client_id: uno\n# fin\n",
                           "\n  - client_id: dos\n    client_name: Dos\n"),
    "windows": ("clients:\r\n  - client_id: uno\r\n",
                "\r\n  - client_id: dos\r\n    client_name: Dos\r\n"),
    "byte order mark": ("\ufeffclients:\n  - client_id: uno\n",
                        "\n  - client_id: dos\n    client_name: Dos\n"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "added"), APPENDED.values(), ids=APPENDED.keys())
def test_append_writes_the_block_as_the_others_are_written(text: str, added: str) -> None:
    assert edit.append(text.encode(), BLOCK[:2]) == (text + added).encode()


ODD = {
    "flow": "clients: [{client_id: uno}]\n",
    "blocks in braces": "clients:\n  - {client_id: uno}\n",
    "dash on a line of its own": "clients:\n  -\n    client_id: uno\n",
    "anchor": "clients:\n  - &base\n    client_id: uno\n",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_append_to_an_odd_layout_says_what_to_write_by_hand(text: str) -> None:
    with pytest.raises(CannotEdit) as refused:
        edit.append(text.encode(), BLOCK)
    assert "uno por bloque" in refused.value.message
    by_hand = refused.value.instead.splitlines()
    assert by_hand[1:3] == ["- client_id: dos", "  client_name: Dos"]


@pytest.mark.parametrize("client_id", ["uno", "dos"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_disabled_and_enabled_again_is_the_same_file(client_id: str, ending: str) -> None:
    raw = COMMENTED.replace("\n", ending).encode()
    off = edit.set_disabled(raw, client_id, True)
    assert changed_lines(raw, off) == ([], [f"    disabled: true{ending}".encode()])
    assert ids(off) == {"uno": client_id == "uno", "dos": client_id == "dos"}
    assert edit.set_disabled(off, client_id, False) == raw


# id: (the line that is there, what is asked for, the line afterwards)
WRITTEN = {
    "false with a comment": ("disabled: false  # por ahora", True, "disabled: true  # por ahora"),
    "true with a comment": ("disabled: true  # caso 17", False, "disabled: false  # caso 17"),
    "no value of YAML 1.2": ("disabled: no", True, "disabled: true"),
    "true alone": ("disabled: true", False, None),
}


@pytest.mark.parametrize("case", WRITTEN.values(), ids=WRITTEN.keys())
def test_value_that_is_written_already_is_replaced_where_it_stands(case: tuple) -> None:
    line, wanted, after = case
    head, tail = COMMENTED.split("    scope: openid\n", 1)
    raw = f"{head}    {line}\n    scope: openid\n{tail}".encode()
    changed = edit.set_disabled(raw, "uno", wanted)
    expected = [] if after is None else [f"    {after}\n".encode()]
    assert changed_lines(raw, changed) == ([f"    {line}\n".encode()], expected)
    assert ids(changed)["uno"] is wanted


def test_value_in_the_first_line_of_its_block_is_replaced() -> None:
    text = COMMENTED.replace("  - client_id: uno ", "  - disabled: true\n    client_id: uno ")
    changed = edit.set_disabled(text.encode(), "uno", False)
    assert changed == text.replace("disabled: true", "disabled: false").encode()


def test_disable_of_a_block_without_a_newline_at_its_end_adds_one() -> None:
    text = f"clients:\n- {{}}\n- secrets: [{{hash: {HASH}}}]\n  client_id: tres"
    off = edit.set_disabled(text.encode(), "tres", True)
    assert off.endswith(b"client_id: tres\n  disabled: true\n")


REFUSED = {
    "braces": ("- {client_id: uno}\n", True, "entre llaves"),
    "merged value": ("- &a {disabled: true}\n- <<: *a\n  client_id: uno\n", False, "otra parte"),
    "merged id": ("- &a {client_id: uno}\n- <<: *a\n", True, "entre llaves"),
    "id of another block": ("- {client_name: x}\n", True, "no está escrito"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_disable_in_an_odd_layout_says_what_to_write_by_hand(case: tuple) -> None:
    blocks, disabled, why = case
    with pytest.raises(CannotEdit) as refused:
        edit.set_disabled(f"clients:\n{blocks}".encode(), "uno", disabled)
    assert why in refused.value.message
    assert "disabled: " in refused.value.instead


TEXTS = [
    "Origen", "Gestión de Autorizaciones", "https://a.pe/c?x=1&y=2", "a: b", "a #b", "termina:",
    "true", "no", "~", "null", "12", "0x1f", "1:30", "2026-01-31", "- a", "[a]", "{a}", "'a'",
    '"a"', "*a", "&a", "!a", "%a", "@a", "`a`", "", " a", "a ", "a\tb", "a\\b", "=", "<<", "|", ">",
    "?", "📦 carga", "a\u2028b", "openid, profile",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_scalar_reads_back_as_the_text_that_it_was(text: str) -> None:
    new = NewClient(client_id="dos", client_name=text, scope="openid")
    assert "\n" not in scalar(text)
    raw = edit.append(b"clients:\n- client_id: uno\n", new.lines())
    found = document.read(raw.decode(), Report("f"))
    assert found["clients"][1]["client_name"] == text


def test_block_to_write_by_hand_has_no_hash_of_a_secret_that_nobody_saw() -> None:
    lines = [*BLOCK, "secrets:", "  - hash: sha256:" + "1" * 64]
    told = edit.by_hand(lines)
    assert "sha256:" not in told
    assert "idp clients secret" in told
    assert yaml.safe_load(told.split("\n", 1)[1])[0]["client_id"] == "dos"
