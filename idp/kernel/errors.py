"""One error type for all rooms; each surface (redirect, JSON, page) has one writer for it.

The public part (code, message id) is stable and tells nothing that an outsider should not know;
`detail` is for the log alone and must hold no personal data either.
"""

from __future__ import annotations

from collections.abc import Sequence


class IdpError(Exception):
    """Something that the person or the relying party must be told.

    code: stable, lower case with underscores, shown in the page's `id="error-code"`.
    status: the HTTP status of a page or a JSON answer.
    message: the id of the text in the message table (`idp/web/messages.py`); the code by default.
    detail: for the log, without personal data.
    retry_after: seconds, sent as Retry-After.
    """

    def __init__(
        self,
        code: str,
        status: int = 400,
        *,
        message: str | None = None,
        detail: str = "",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.status = status
        self.message = message or code
        self.detail = detail
        self.retry_after = retry_after


class Unavailable(IdpError):
    """Something that we depend on (`redis`, `sql`, …) does not answer: 503, and it may recover."""

    def __init__(self, dependency: str, detail: str = "") -> None:
        super().__init__(
            "temporarily_unavailable", 503, detail=f"{dependency} {detail}".strip(), retry_after=5
        )
        self.dependency = dependency


class StartError(Exception):
    """What a process needs at its start cannot be used; `problems` lists every reason."""

    def __init__(self, problems: Sequence[object]) -> None:
        super().__init__("\n".join(str(one) for one in problems))
        self.problems = tuple(str(one) for one in problems)
