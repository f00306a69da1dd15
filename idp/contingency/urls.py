"""Paths of the dispatcher that contingency's pages lead to."""

from __future__ import annotations


def login_url(transaction_id: str) -> str:
    """The dispatcher, which knows what comes next."""
    return f"/login/{transaction_id}"


def sunat_url(transaction_id: str) -> str:
    """To SUNAT, where that is what comes next; else to the dispatcher."""
    return f"/login/{transaction_id}/sunat"


def cancel_url(transaction_id: str) -> str:
    """Back to the component without logging in (a form posts here)."""
    return f"/login/{transaction_id}/cancelar"


def chooser_url(transaction_id: str) -> str:
    """*Who are you?* again."""
    return f"/login/{transaction_id}/elegir"
