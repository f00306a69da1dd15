"""RUC and users: what is one, whatever anybody types."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from stdnum.pe import ruc as reference

from idp.kernel.identity import (
    DEFAULT_SOL_USER_PATTERN,
    extranet_identifier,
    is_valid_ruc,
    sol_identifier,
)

PREFIXES = ("10", "15", "16", "17", "20")
BODY = st.tuples(st.sampled_from(PREFIXES), st.from_regex(r"[0-9]{8}", fullmatch=True)).map("".join)


@given(body=BODY)
def test_ruc_has_exactly_one_right_check_digit_and_it_is_the_references(body: str) -> None:
    right = [digit for digit in "0123456789" if is_valid_ruc(body + digit)]
    assert right == [reference.calc_check_digit(body + "0")]


@given(body=BODY, place=st.integers(0, 9), digit=st.integers(0, 9))
def test_ruc_with_one_digit_mistyped_is_refused_unless_it_names_another(
    body: str, place: int, digit: int
) -> None:
    """Weights below 11 catch every single error but those that leave the sum's last digit."""
    valid = body + reference.calc_check_digit(body + "0")
    mistyped = valid[:place] + str(digit) + valid[place + 1 :]
    assume(mistyped != valid and mistyped[:2] in PREFIXES)
    assert is_valid_ruc(mistyped) == (reference.calc_check_digit(mistyped) == valid[-1])


@given(text=st.text(max_size=14))
@example("²0131312955")
@example("２０１３１３１２９５５")
@example("20131312955\n")
@example(" 20131312955")
@example("")
def test_ruc_is_eleven_plain_digits_or_none(text: str) -> None:
    plain = len(text) == 11 and text.isascii() and text.isdigit() and text[:2] in PREFIXES
    assert is_valid_ruc(text) == (plain and reference.calc_check_digit(text) == text[-1])


@pytest.mark.parametrize("prefix", [f"{number:02}" for number in range(100)])
def test_ruc_begins_with_a_known_prefix(prefix: str) -> None:
    body = prefix + "13131295"
    assert is_valid_ruc(body + reference.calc_check_digit(body + "0")) is (prefix in PREFIXES)


@given(ruc=st.text(max_size=12), user=st.text(max_size=24))
def test_identifier_of_anything_is_well_formed_or_none(ruc: str, user: str) -> None:
    found = sol_identifier(ruc, user, DEFAULT_SOL_USER_PATTERN)
    if found is not None:
        number, _, name = found.value.partition(":")
        assert is_valid_ruc(number)
        assert name.isascii() and name.isalnum() and name == name.upper()
    official = extranet_identifier(user, "EXT[A-Z0-9]{1,17}")
    assert official is None or official.value.startswith("EXT")


@pytest.mark.parametrize(
    "ruc",
    [
        "20131312955", "20504774288", "10054148289", "15553732724", "20000000001",
        "10123456781", "15000000016", "17000000019", "20999999990",
    ],
)  # fmt: skip
def test_ruc_that_is_known_to_be_right_is_taken(ruc: str) -> None:
    assert is_valid_ruc(ruc)


def test_ruc_that_is_known_to_be_wrong_is_refused() -> None:
    assert not is_valid_ruc("20512333798")
