"""Texts for the audit log, which outlives whom they speak of."""

from __future__ import annotations

import re

from idp.kernel.identity import is_valid_ruc


def names_somebody(text: str) -> str | None:
    """What a text holds that it must not: `e-mail addresses` or `a RUC`; None for nothing."""
    words = re.split(r"[^\w.@+-]+", text)
    if any("@" in word.strip("@") for word in words):
        return "e-mail addresses"
    if any(is_valid_ruc(number) for number in re.findall(r"(?<!\d)\d{11}(?!\d)", text)):
        return "a RUC"
    return None
