"""Enhanced status codes (RFC 3463, RFC 7505): which of them say that a mailbox is no more."""

from __future__ import annotations

# X.1.1 no such mailbox, X.1.2 no such system, X.1.3 no such syntax, X.1.6 moved away, X.1.10 takes
# no mail at all; X.2.1 closed. Not X.1.0 (says nothing), X.1.7 and X.1.8 (the *sender's* address):
# an hour in which a relay refuses us must not shut out everybody who asked.
_NO_MAILBOX = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
_ABOUT_US = frozenset({"5.1.7", "5.1.8"})


def mailbox_is_gone(enhanced: str) -> bool:
    """Whether this code marks an address: it is about the mailbox, and for good."""
    return enhanced in _NO_MAILBOX


def may_be_about_the_recipient(enhanced: str) -> bool:
    """Whether it is about the mailbox or the way to it, rather than about us (RFC 3463 §3)."""
    return enhanced.startswith(("5.1.", "5.2.", "5.4.")) and enhanced not in _ABOUT_US
