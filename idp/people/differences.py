"""What of a person that other systems see became otherwise."""

from __future__ import annotations

from idp.people.eligibility import shown_address
from idp.people.person import Person

# What SUNAT tells of somebody.
SEEN = ("usuario", "ruc", "tipo_usuario", "name", "given_name", "family_name")


def differing(before: Person, after: Person) -> tuple[str, ...]:
    """Columns and claims whose value is another one, as `PersonChanged.fields` has them."""
    found = [one for one in SEEN if getattr(before, one) != getattr(after, one)]
    for old, new in ((before.standard, after.standard), (before.profile, after.profile)):
        found += [one for one in sorted({*old, *new}) if old.get(one) != new.get(one)]
    if shown_address(before) != shown_address(after):
        found.append("email")
    if (before.consent and before.consent_at) != (after.consent and after.consent_at):
        found.append("consent_at")
    return tuple(found)
