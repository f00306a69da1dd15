"""Goes the way of a login as far as one can without being anybody: `upstream_status.Probe`.

The login page must bring a form, and the token endpoint must refuse a code that never was, in
OAuth's words: nothing else is health, whatever the status (SUNAT's bad days bring 200 with an
empty or an HTML body). An answer is judged by the very code that judges it in a login.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from idp.federation.clientessol import MAX_ANSWER, Endpoint, access_token, oauth_error
from idp.federation.driver import Failure, ProofRefused, UpstreamFailed
from idp.kernel.clock import Clock
from idp.kernel.ports import HttpClient, HttpFailure, HttpResponse
from idp.kernel.random import Random
from idp.upstream_status.observations import Outcome, Step, StepResult

MAX_PAGE = 1_048_576
DEFAULT_FORM = r"<input\b[^>]*\btype\s*=\s*[\"']?password"
# A second between two tries: what is cut or answers 500 now and then answers by then.
PAUSE = 1.0
# Another try tells these from an outage; who waited out a time-out has waited enough.
_PASSING = frozenset({"connect", "protocol", "server_error", "empty_body", "html_body", "no_form"})


@dataclass(frozen=True)
class Manner:
    """How an upstream is probed.

    agent: the User-Agent. timeout: seconds of a step's try; slow: seconds beyond which a right
    answer comes too late. form: what the login page must hold, a regular expression. errors: codes
    by which it refuses a code that never was, beside the usual ones. redirects: how many, to its
    own origin, lead to the form. tries: of a step that fails in passing.
    """

    agent: str
    timeout: float = 15.0
    slow: float = 10.0
    form: str = DEFAULT_FORM
    errors: frozenset[str] = field(default_factory=frozenset)
    redirects: int = 0
    tries: int = 2


class Path(Protocol):
    """The login path of one upstream. state, code: made up; nobody waits for them."""

    def form_url(self, state: str) -> str:
        """The login page. Raises HttpFailure where it takes a call to learn it, and Failed."""
        ...

    def token_url(self) -> str:
        """The token endpoint. Raises the same."""
        ...

    def fields(self, code: str, state: str) -> dict[str, str]:
        """What the token endpoint is asked with."""
        ...


class Failed(Exception):
    """A step failed. code: why. status: the answer's, if there was one."""

    def __init__(self, code: str, status: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


@dataclass(frozen=True)
class ClientesSolPath:
    """SUNAT's. callback: our registered one; SUNAT shows no form for another."""

    endpoint: Endpoint
    callback: str

    def form_url(self, state: str) -> str:
        """The login page."""
        return self.endpoint.login_url(state, self.callback)

    def token_url(self) -> str:
        """The token endpoint."""
        return self.endpoint.token_url

    def fields(self, code: str, state: str) -> dict[str, str]:
        """What a login sends."""
        return self.endpoint.fields(code)


class LoginPathProbe:
    """`upstream_status.Probe` over one path."""

    def __init__(
        self,
        *,
        path: Path,
        manner: Manner,
        http: HttpClient,
        clock: Clock,
        random: Random,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self._path = path
        self._manner = manner
        self._http = http
        self._clock = clock
        self._random = random
        self._pause = pause
        self._form = re.compile(manner.form, re.IGNORECASE | re.DOTALL)

    def run(self) -> tuple[StepResult, ...]:
        """Form and token endpoint, each whatever became of the other. Never raises."""
        return (self._step(Step.FORM, self._see_form), self._step(Step.TOKEN, self._try_code))

    def _step(self, step: Step, look: Callable[[], int]) -> StepResult:
        tried = 0
        status: int | None
        while True:
            tried += 1
            began = self._clock.timestamp()
            try:
                code, status = "", look()
            except Failed as failed:
                code, status = failed.code, failed.status
            except HttpFailure as failure:
                code, status = failure.reason, None
            took = max(0.0, self._clock.timestamp() - began)
            if code not in _PASSING or tried >= self._manner.tries:
                break
            self._pause(PAUSE)
        outcome = Outcome.FAILED if code else Outcome.OK
        if not code and took > self._manner.slow:
            outcome, code = Outcome.SLOW, "slow"
        return StepResult(step, outcome, round(took * 1_000), code, status, tried)

    def _see_form(self) -> int:
        url = self._path.form_url(self._random.bytes(16).hex())
        cookies: dict[str, str] = {}
        for _ in range(self._manner.redirects + 1):
            answer = self._http.get(
                url,
                headers=self._headers("text/html", cookies),
                timeout=self._manner.timeout,
                max_bytes=MAX_PAGE,
            )
            if not 300 <= answer.status < 400:
                return self._has_form(answer)
            url = _same_origin(url, answer)
            cookies.update(_cookie(answer))
        raise Failed("unexpected_redirect", answer.status)

    def _has_form(self, answer: HttpResponse) -> int:
        if answer.status >= 500:
            raise Failed(Failure.SERVER_ERROR, answer.status)
        if answer.status != 200:
            raise Failed(Failure.STATUS, answer.status)
        if not answer.body.strip():
            raise Failed(Failure.EMPTY, answer.status)
        if "html" not in answer.headers.get("content-type", "").lower():
            raise Failed("not_html", answer.status)
        if not self._form.search(answer.body.decode("utf-8", "replace")):
            raise Failed("no_form", answer.status)
        return answer.status

    def _try_code(self) -> int:
        # Made up anew each time: whoever keeps what codes were tried sees no code twice.
        code, state = f"sonda-{self._random.token(16)}", self._random.bytes(16).hex()
        answer = self._http.post_form(
            self._path.token_url(),
            self._path.fields(code, state),
            headers=self._headers("application/json", {}),
            timeout=self._manner.timeout,
            max_bytes=MAX_ANSWER,
        )
        try:
            access_token(answer)
        except ProofRefused:
            return answer.status
        except UpstreamFailed as error:
            refused = error.reason is Failure.CLIENT_REFUSED
            if refused and oauth_error(answer) in self._manner.errors:
                return answer.status
            raise Failed(error.reason.value, answer.status) from error
        raise Failed("token_for_no_code", answer.status)

    def _headers(self, accept: str, cookies: Mapping[str, str]) -> dict[str, str]:
        found = {"User-Agent": self._manner.agent, "Accept": accept}
        if cookies:
            found["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return found


def _same_origin(url: str, answer: HttpResponse) -> str:
    """Where a redirect leads. Raises Failed for another origin: a portal's, a maintenance page."""
    there = urljoin(url, answer.headers.get("location", ""))
    if urlsplit(there)[:2] != urlsplit(url)[:2] or there == url:
        raise Failed("unexpected_redirect", answer.status)
    return there


def _cookie(answer: HttpResponse) -> dict[str, str]:
    """What a redirect sets for the page that it leads to."""
    name, equals, value = answer.headers.get("set-cookie", "").partition(";")[0].partition("=")
    return {name.strip(): value.strip()} if equals else {}
