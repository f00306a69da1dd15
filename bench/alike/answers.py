"""An answer as a stranger compares it: without the request's own values."""

from __future__ import annotations

import re

from bench.surge.asking import Answer

# What is the request's own, or the hour's; and what is the whole system's, which no single request
# may move: tests/mail holds that.
_OWN = tuple(
    (re.compile(pattern), put)
    for pattern, put in (
        (r'(name="csrf_token" value=")[^"]+', r"\1CSRF"),
        (r'(id="codigo-aqui">)[\d ]+', r"\1CODE"),
        (r'(id="numero-de-atencion">)\d+', r"\1NUMBER"),
        (r"\d{2}:\d{2} h", "HOUR"),
        (r'(id="quedan"[^>]*>)[^<]+', r"\1LEFT"),
        (r'("minutes_left":)\s*\d+', r"\1LEFT"),
        (r'(id="cola"[^>]*>)[^<]+', r"\1QUEUE"),
        (r'("queue_minutes":)\s*\d+', r"\1QUEUE"),
        (r'<div(?: hidden)?><dt>[^<]*</dt><dd id="recientes".*?</div>', "RECENT"),
        (r'("recent_minutes":)\s*(\d+|null)', r"\1RECENT"),
        (r'(id="reenviar-error"[^>]*>)[^<]+', r"\1AGAIN"),
        (r"('retry-after', ')\d+", r"\1SECONDS"),
        (r"('content-length', ')\d+", r"\1LENGTH"),
        (r">\s+<", "><"),
    )
)


def general(answer: Answer, transaction_id: str) -> str:
    """Status, headers but the date, and the text, with names in the place of own values."""
    headers = sorted((name.lower(), one) for name, one in answer.headers.items())
    kept = [one for one in headers if one[0] != "date"]
    text = f"{answer.status} {kept} {answer.text}".replace(transaction_id, "TXN")
    for pattern, put in _OWN:
        text = pattern.sub(put, text)
    return text


def first_difference(left: str, right: str, around: int = 80) -> tuple[str, str]:
    """What a stranger would look at: both texts around the first place where they differ."""
    pairs = enumerate(zip(left, right, strict=False))
    at = next((index for index, pair in pairs if pair[0] != pair[1]), min(len(left), len(right)))
    start = max(0, at - around)
    return left[start : at + around], right[start : at + around]
