"""A person's copy of their data, erasing it, and how long everything is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from idp.adapters.sql.aged import (
    SqlAgedPeople,
    SqlReplacedAddresses,
    SqlUnverifiedAddresses,
    never_came,
    unused,
)
from idp.adapters.sql.audit_personal import SqlAuditPersonal
from idp.adapters.sql.campaigns import SqlCampaignStore
from idp.adapters.sql.contact import SqlBrowserStore, SqlVerificationStore
from idp.adapters.sql.coverage import SqlCoverageStore
from idp.adapters.sql.drills import SqlDrillStore
from idp.adapters.sql.flag_requests import SqlRequestStore
from idp.adapters.sql.identities import SqlMergeStore
from idp.adapters.sql.imports import SqlImportStore
from idp.adapters.sql.incidents import SqlReportStore
from idp.adapters.sql.notices import SqlNoticeStore
from idp.adapters.sql.privacy import SqlErased, SqlHolds, SqlPersonRows
from idp.adapters.sql.probes import SqlProbeStore
from idp.adapters.sql.refresh_tokens import SqlRefreshTokens
from idp.adapters.sql.retired_subs import SqlRetiredSubs
from idp.adapters.sql.spent_links import SqlSpentLinks
from idp.adapters.sql.transitions import SqlTransitionStore
from idp.adapters.sql.upstream_status import SqlFlagStore
from idp.adapters.sql.windows import SqlWindowStore
from idp.kernel.events import PersonChanged
from idp.kernel.times import LIMA
from idp.people.campaign import Campaigns
from idp.people.coverage import USES_KEPT, Coverage
from idp.people.joining import Joining
from idp.people.retired import Retirement
from idp.people.service import People
from idp.privacy.dossier import Dossiers
from idp.privacy.erasing import Erasing
from idp.privacy.held import Held
from idp.privacy.ports import Ages
from idp.privacy.retention import OwnTimes, Retention, Rule
from idp.privacy.unused import UnusedPeople
from idp.settings import Settings
from idp.web.documents import Documents
from idp.wiring.audit import audit_purge
from idp.wiring.base import Base, Personal
from idp.wiring.contingency import TEMPLATES
from idp.wiring.held import Keepers, held


@dataclass(frozen=True)
class Ageing:
    """The rooms that reckon themselves what is too old."""

    joining: Joining
    campaigns: Campaigns
    coverage: Coverage


def personal(base: Base, people: People, keepers: Keepers, ageing: Ageing) -> Personal:
    """Copies, erasure and retention over one list of what is held."""
    rows = SqlPersonRows(base.database, base.vault)
    listed = held(base, rows, keepers)

    retired = SqlRetiredSubs(base.database)

    def retire(person_id: str, sub: str) -> None:
        now = base.clock.now()
        retired.retire_sub(sub, person_id, why=Retirement.ERASED, at=now)
        # The systems that keep people in step with their own.
        base.events.publish(PersonChanged(person_id, "deleted"))

    return Personal(
        dossiers=Dossiers(
            held=listed,
            person=people.get,
            audit=base.audit,
            clock=base.clock,
            issuer=base.settings.issuer,
        ),
        erasing=Erasing(
            people=rows,
            erased=SqlErased(base.database, base.vault),
            holds=SqlHolds(base.database),
            held=listed,
            retire=retire,
            scrub=base.database.scrub,
            uow=base.database,
            audit=base.audit,
            clock=base.clock,
        ),
        retention=Retention(
            rules(base, listed, retire, ageing), audit=base.audit, clock=base.clock
        ),
    )


def documents(settings: Settings) -> Documents:
    """What renders a copy for reading."""
    return Documents(
        TEMPLATES,
        locales=TEMPLATES.parent / "locales",
        shared={"contact": settings.privacy_email},
    )


def rules(
    base: Base,
    listed: Sequence[Held],
    retire: Callable[[str, str], None],
    ageing: Ageing,
) -> tuple[Rule, ...]:
    """How long each thing is kept; a part of each is removed in its turn."""
    database, settings = base.database, base.settings

    def people(who: SqlAgedPeople, reason: str) -> UnusedPeople:
        return UnusedPeople(
            people=who, held=listed, retire=retire, uow=database, audit=base.audit, reason=reason
        )

    def rule(name: str, setting: str, ages: Ages) -> Rule:
        kept: int = getattr(settings, setting)
        return Rule(name, f"IDP_{setting.upper()}", kept or None, ages)

    away = people(SqlAgedPeople(database, unused), "unused")
    never = people(SqlAgedPeople(database, never_came), "never_came")
    return (
        rule("unused_people", "person_retention", away),
        rule("people_never_came", "imported_retention", never),
        rule("unverified_addresses", "unverified_retention", SqlUnverifiedAddresses(database)),
        rule("replaced_addresses", "replaced_retention", SqlReplacedAddresses(database)),
        Rule("verifications", "", 0, SqlVerificationStore(database)),
        Rule("known_browsers", "IDP_KNOWN_BROWSER_TTL", 0, SqlBrowserStore(database)),
        *_of_rooms(base, ageing),
        rule("spent_links", "spent_link_retention", SqlSpentLinks(database)),
        rule("drills", "audit_retention", SqlDrillStore(database)),
        rule("refresh_families", "refresh_retention", SqlRefreshTokens(database)),
        rule("imports", "import_retention", SqlImportStore(database)),
        rule("erased_identifiers", "erased_retention", SqlErased(database, base.vault)),
        rule("flag_history", "audit_retention", SqlFlagStore(database)),
        rule("probes", "probe_retention", SqlProbeStore(database)),
        rule("upstream_transitions", "audit_retention", SqlTransitionStore(database)),
        rule("upstream_incidents", "audit_retention", SqlReportStore(database)),
        rule("upstream_requests", "audit_retention", SqlRequestStore(database)),
        rule("upstream_windows", "audit_retention", SqlWindowStore(database)),
        rule("upstream_notices", "audit_retention", SqlNoticeStore(database)),
        rule("audit_personal", "audit_personal_retention", SqlAuditPersonal(database)),
        rule("audit", "audit_retention", audit_purge(base)),
    )


def _of_rooms(base: Base, ageing: Ageing) -> tuple[Rule, ...]:
    merges = SqlMergeStore(base.database, base.vault)
    campaigns, coverage = SqlCampaignStore(base.database), SqlCoverageStore(base.database)

    def day(moment: datetime) -> date:
        return moment.astimezone(LIMA).date()

    return (
        Rule(
            "merges",
            "IDP_MERGE_UNDO",
            0,
            OwnTimes(merges.due, lambda: ageing.joining.purge(base.clock.now())),
        ),
        Rule(
            "campaigns",
            "",
            ageing.campaigns.kept,
            OwnTimes(campaigns.due, ageing.campaigns.purge),
        ),
        Rule(
            "component_uses",
            "",
            int(USES_KEPT.total_seconds()),
            OwnTimes(lambda before: coverage.uses_due(day(before)), ageing.coverage.purge),
        ),
        Rule(
            "coverage_days",
            "IDP_COVERAGE_RETENTION",
            base.settings.coverage_retention,
            OwnTimes(lambda before: coverage.days_due(day(before)), ageing.coverage.purge),
        ),
    )
