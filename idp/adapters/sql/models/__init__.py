"""The tables, a file for each room; importing this package declares them all."""

from idp.adapters.sql.models.admin import (
    AdminAccountRow,
    AdminAuthenticatorRow,
    AdminRecoveryCodeRow,
)
from idp.adapters.sql.models.audit import (
    AuditCheckpointRow,
    AuditPersonalRow,
    AuditRow,
    AuditSealRow,
    AuditUnsealedRow,
)
from idp.adapters.sql.models.base import Base, FreeText, UtcDateTime
from idp.adapters.sql.models.campaigns import CampaignMailRow, CampaignRow
from idp.adapters.sql.models.coverage import ComponentUseRow, CoverageDayRow
from idp.adapters.sql.models.drills import DrillRow, DrillTesterRow
from idp.adapters.sql.models.identity import MergeRow, RetiredSubRow
from idp.adapters.sql.models.imports import ImportRow
from idp.adapters.sql.models.incidents import IncidentRow
from idp.adapters.sql.models.links import SpentLinkRow
from idp.adapters.sql.models.notices import UpstreamNoticeRow
from idp.adapters.sql.models.people import (
    AddressRow,
    ExternalIdRow,
    IdentifierRow,
    KnownBrowserRow,
    NudgeRow,
    PersonRow,
    VaultCheckRow,
    VerificationRow,
)
from idp.adapters.sql.models.privacy import ErasedIdentifierRow, LegalHoldRow
from idp.adapters.sql.models.probes import ProberActRow, ProberRow, ProbeStepRow
from idp.adapters.sql.models.refresh import RefreshFamilyRow, RefreshTokenRow
from idp.adapters.sql.models.upstream_status import (
    FlagChangeRow,
    FlagRequestRow,
    FlagRow,
    TransitionRow,
    UpstreamEvidenceRow,
    WindowRow,
)

__all__ = [
    "AddressRow",
    "AdminAccountRow",
    "AdminAuthenticatorRow",
    "AdminRecoveryCodeRow",
    "AuditCheckpointRow",
    "AuditPersonalRow",
    "AuditRow",
    "AuditSealRow",
    "AuditUnsealedRow",
    "Base",
    "CampaignMailRow",
    "CampaignRow",
    "ComponentUseRow",
    "CoverageDayRow",
    "DrillRow",
    "DrillTesterRow",
    "ErasedIdentifierRow",
    "ExternalIdRow",
    "FlagChangeRow",
    "FlagRequestRow",
    "FlagRow",
    "FreeText",
    "IdentifierRow",
    "ImportRow",
    "IncidentRow",
    "KnownBrowserRow",
    "LegalHoldRow",
    "MergeRow",
    "NudgeRow",
    "PersonRow",
    "ProbeStepRow",
    "ProberActRow",
    "ProberRow",
    "RefreshFamilyRow",
    "RefreshTokenRow",
    "RetiredSubRow",
    "SpentLinkRow",
    "TransitionRow",
    "UpstreamEvidenceRow",
    "UpstreamNoticeRow",
    "UtcDateTime",
    "VaultCheckRow",
    "VerificationRow",
    "WindowRow",
]
