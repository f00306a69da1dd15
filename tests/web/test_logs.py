"""What the log of whole logins may not hold: nobody's data, and no secret that opens a door."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.adapters.telemetry.log import configure_logging
from idp.kernel.clock import SystemClock
from idp.upstream_status.state import FlagState
from tests.account.account_desk import Desk
from tests.mail.smtp_server import Behaviour, SmtpServer
from tests.support.world import build_world, csrf_of, query_of

EMAIL = "exporta1@example.com"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that the process logs, from the finest level on, as production writes it."""
    root, ours = logging.getLogger(), logging.getLogger("idp")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    stream = io.StringIO()
    configure_logging("debug", SystemClock(), stream)
    yield stream
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


def test_log_of_whole_logins_holds_no_personal_data_and_no_secret(
    tmp_path: Path, valkey: str, log: io.StringIO
) -> None:
    smtp = Behaviour()
    with SmtpServer(smtp) as server:
        world = build_world(tmp_path, valkey, smtp_url=f"smtp://127.0.0.1:{server.port}")
        desk = Desk(world, smtp)
        desk.verified(EMAIL)
        world.clock.advance(2 * 86_400)
        world.services.upstream_status.set("sol", FlagState.FORCED_DOWN, reason="p", who="p")

        browser = world.browser()
        path = world.authorize(browser, login_hint="20131312955").location
        token = csrf_of(browser.get(path).text)
        browser.post(f"{path}/elegir", data={"csrf_token": token, "realm": "sol"})
        form = browser.get(path).location
        typed = {"csrf_token": csrf_of(browser.get(form).text), "ruc": "20131312955"}
        assert browser.post(form, data={**typed, "usuario": "EXPORTA1"}).status_code == 303
        mail = desk.mails()[-1]
        found = re.search(r"/ingreso/([\w-]+)", mail.text)
        assert found
        link = found[0]
        entered = browser.post(link, data={"csrf_token": csrf_of(browser.get(link).text)})
        location = entered.location
        while location.startswith("/"):
            location = browser.get(location).location
        code = query_of(location)["code"]
        tokens = world.token(code).get_json()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert browser.get("/userinfo", headers=bearer).status_code == 200
        # Nor what somebody types where nothing is, or breaks.
        browser.get("/20131312955/exporta1@example.com")
        browser.get("/upstream/sol/callback?code=secret-code&state=secret-state")
        world.services.stop()

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    routes = {one.get("route") for one in lines}
    assert {"/authorize", "/ingreso/<token>", "/token", "/userinfo", None} <= routes
    cookies = [one.value for one in browser._cookies.values()]
    secrets = [
        "20131312955", "EXPORTA1", "EXPORTADORA", EMAIL, "exporta1", "127.0.0.1", found[1], code,
        tokens["access_token"], tokens["id_token"], path.rpartition("/")[2], "secret-code",
        "secret-state", world.secret, *cookies,
    ]  # fmt: skip
    text = log.getvalue()
    assert len(cookies) >= 2
    assert [one for one in secrets if one in text] == []


def test_log_of_a_failure_names_its_place_and_not_its_text(log: io.StringIO) -> None:
    try:
        raise ValueError("el correo exporta1@example.com no vale")
    except ValueError:
        logging.getLogger("idp.test").exception("it failed")
    (line,) = [json.loads(one) for one in log.getvalue().splitlines()]
    assert line["exception"] == "ValueError"
    assert line["where"][-1].startswith("test_logs.py:")
    assert "exporta1" not in log.getvalue()
