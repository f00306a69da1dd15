"""`python -m bench.alike [--requests N]`: can a stranger tell who exists?

Every kind of person asks in random order against a real server with a worker beside it. The answers
must be the same bytes but for the request's own values; of the times, statistics tell.
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from statistics import median

from bench.server import Running, free_port, serving
from bench.statistics import difference, holm, mann_whitney
from bench.surge.account import percentile
from bench.surge.asking import Visitor, form_of
from bench.surge.crowd import Asker, crowd, rows
from bench.surge.stage import Stage
from idp.kernel.identity import SOL, Identifier
from idp.upstream_status.state import FlagState

ELIGIBLE = "eligible"
LACKING = {
    "never logged in": "last_login_at",
    "no address": "email",
    "not verified": "email_verified_at",
    "no consent": "consent_at",
}
KINDS = (ELIGIBLE, "unknown", *LACKING, "undeliverable")
# A p-value below this says "different"; so does an interval that excludes zero by this much (ms).
_LEVEL = 0.01


def main() -> int:
    """Print the figures; 1 when bytes differ."""
    parser = argparse.ArgumentParser(prog="bench.alike")
    parser.add_argument("--requests", type=int, default=4_200)
    requests = parser.parse_args().requests
    with tempfile.TemporaryDirectory(prefix="alike") as name:
        folder, sink_port = Path(name), free_port()
        settings = {
            "IDP_CAPTCHA": "none",
            "IDP_TRUSTED_PROXIES": "1",
            "IDP_SMTP_URL": f"smtp://127.0.0.1:{sink_port}",
        }
        with serving(folder, **settings) as running:
            stage = Stage(running.environment, sink_port, folder / "mails.jsonl")
            people = _people(running, requests)
            stage.start_sink()
            stage.start_worker()
            time.sleep(4)
            try:
                return _compare(running, people)
            finally:
                stage.end()


def _people(running: Running, requests: int) -> list[tuple[str, Asker]]:
    """So many askers, a kind after the other, written down as their kind wants it."""
    askers = crowd(requests)
    services = running.services
    services.upstream_status.set("sol", FlagState.FORCED_DOWN, reason="bench", who="bench")
    found: list[tuple[str, Asker]] = []
    for index, kind in enumerate(KINDS):
        own = [replace(one, eligible=kind != "unknown") for one in askers[index :: len(KINDS)]]
        report = services.people.seed(rows(own, lacking=LACKING.get(kind, "")), trust_emails=True)
        if report.problems:
            raise RuntimeError(report.problems[0])
        found += [(kind, one) for one in own]
    for kind, one in found:
        if kind == "undeliverable":
            person = services.people.find(_identifier(one))
            if person is None:
                raise RuntimeError("nobody")
            services.people.mark_undeliverable(person.id, person.addresses[0].id, code="550")
    random.Random(7).shuffle(found)
    return found


def _identifier(one: Asker) -> Identifier:
    return Identifier(SOL, f"{one.ruc}:{one.usuario}")


def _compare(running: Running, people: list[tuple[str, Asker]]) -> int:
    times: dict[str, list[float]] = defaultdict(list)
    answers: dict[str, set[str]] = defaultdict(set)
    for number, (kind, who) in enumerate(people):
        visitor = Visitor(running.port, who)
        path, token, _ = form_of(visitor)
        typed = {"csrf_token": token, "ruc": who.ruc, "usuario": who.usuario}
        answer = visitor.post(path, typed)
        waiting = visitor.get(answer.location)
        visitor.close()
        # The first ones warm the server up.
        if number >= 50:
            times[kind].append(answer.seconds * 1_000)
        own = path.rpartition("/")[2]
        seen = (answer.status, _bare(answer.headers), answer.text, _bare(waiting.headers))
        answers[kind].add(_general(f"{seen}{waiting.status}{waiting.text}", own))
    every = set().union(*answers.values())
    print(f"requests {len(people)}, kinds {len(KINDS)}, different answers {len(every)}")
    for one in sorted(every)[1:]:
        _print_first_difference(min(every), one)
    _print_times(times)
    return 0 if len(every) == 1 else 1


def _print_first_difference(left: str, right: str) -> None:
    """What a stranger would look at."""
    at = next(
        (index for index, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]),
        min(len(left), len(right)),
    )
    print(f"  {left[at - 80 : at + 80]!r}\n  {right[at - 80 : at + 80]!r}")


def _bare(headers: dict[str, str]) -> list[tuple[str, str]]:
    return sorted((name.lower(), one) for name, one in headers.items() if name.lower() != "date")


def _general(text: str, transaction_id: str) -> str:
    """Without the request's own values, and without what is the whole system's."""
    text = text.replace(transaction_id, "TXN")
    for pattern, put in (
        (r'(name="csrf_token" value=")[^"]+', r"\1CSRF"),
        (r'(id="codigo-aqui">)[\d ]+', r"\1CODE"),
        (r'(id="numero-de-atencion">)\d+', r"\1NUMBER"),
        (r"\d{2}:\d{2} h", "HOUR"),
        (r'(id="quedan"[^>]*>)[^<]+', r"\1LEFT"),
        (r'(id="cola"[^>]*>)[^<]+', r"\1QUEUE"),
        (r'<div><dt>[^<]*</dt><dd id="recientes">.*?</div>', ""),
        (r">\s+<", "><"),
        (r"'content-length', '\d+'", "LENGTH"),
    ):
        text = re.sub(pattern, put, text)
    return text


def _print_times(times: dict[str, list[float]]) -> None:
    base = times[ELIGIBLE]
    odd, even = base[::2], base[1::2]
    raw = {kind: mann_whitney(base, one) for kind, one in times.items() if kind != ELIGIBLE}
    corrected = holm(raw)
    print(f"{'':18}    n   median     p95   difference of medians (95 %), ms        p   Holm")
    print(f"{ELIGIBLE:18}{len(base):5}{median(base):9.3f}{percentile(base, 0.95):8.2f}")
    for kind in KINDS[1:]:
        one = times[kind]
        shift, low, high = difference(base, one)
        print(
            f"{kind:18}{len(one):5}{median(one):9.3f}{percentile(one, 0.95):8.2f}"
            f"   {shift:+.3f} ({low:+.3f} to {high:+.3f}){'':14}{raw[kind]:6.3f}"
            f" {corrected[kind]:6.3f}"
        )
    print(f"control, {ELIGIBLE} against {ELIGIBLE}: p = {mann_whitney(odd, even):.3f}")
    least = min(corrected.values())
    verdict = "cannot be told apart" if least >= _LEVEL else "CAN BE TOLD APART"
    print(f"by their times the kinds {verdict} (least corrected p = {least:.3f})")


if __name__ == "__main__":
    raise SystemExit(main())
