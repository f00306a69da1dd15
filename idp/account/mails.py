"""The worker's side of `/cuenta`: the mail with the code, and the notice to the old address.

At-least-once: code and link are derived from the verification's id, so a repeat is the same mail.
"""

from __future__ import annotations

from collections.abc import Mapping

from idp.account.service import CHANGED, VERIFY
from idp.jobs.registry import Handler, RetryPolicy
from idp.kernel.times import lima_date
from idp.mail.posting import Posting
from idp.mail.templates import MailTemplates
from idp.people.masking import mask_email, name_user
from idp.people.service import People


class AccountMails:
    """Renders and sends. issuer: links are built from it, from nothing else."""

    def __init__(
        self,
        *,
        people: People,
        templates: MailTemplates,
        posting: Posting,
        issuer: str,
    ) -> None:
        self._people = people
        self._templates = templates
        self._posting = posting
        self._issuer = issuer

    def handlers(self) -> dict[str, tuple[Handler, RetryPolicy]]:
        """The rows for the table of jobs: each is tried for as long as it makes sense."""
        return {
            VERIFY: (self.verify_address, RetryPolicy(first=5.0, longest=60.0)),
            CHANGED: (self.address_changed, RetryPolicy(first=5.0, longest=3_600.0)),
        }

    def verify_address(self, payload: Mapping[str, str]) -> None:
        """Send the code of a verification that is still open. Raises RetryLater, Unavailable."""
        found = self._people.verification(payload["verification"])
        if found is None:
            return
        language = payload.get("language", "es")
        content = self._templates.render(
            "verificar",
            language,
            {
                "name": found.person.name,
                "user": name_user(found.person.key),
                "link": f"{self._issuer}/cuenta/verificar/{found.token}",
                "code": found.code,
                "until_lima": lima_date(found.expires_at, language),
            },
        )
        self._posting.post(
            "verificar", found.id, found.person, found.address, content, verification=found.id
        )

    def address_changed(self, payload: Mapping[str, str]) -> None:
        """Tell the old address that another takes its place. Raises RetryLater, Unavailable."""
        person = self._people.get(payload["person"])
        addresses = {one.id: one for one in person.addresses} if person else {}
        new, old = addresses.get(payload["address"]), addresses.get(payload["previous"])
        if person is None or new is None or old is None or new.counts_from is None:
            return
        language = payload.get("language", "es")
        content = self._templates.render(
            "cambio-de-correo",
            language,
            {
                "name": person.name,
                "user": name_user(person.key),
                "new_email_masked": mask_email(new.email),
                "when_lima": lima_date(new.counts_from, language),
            },
        )
        self._posting.post("cambio-de-correo", new.id, person, old, content)
