"""The closed list of security events: a documented row each, with the details that it may hold.

Details hold opaque ids, stable codes, counts and what an operator typed; never a RUC, a user name,
an e-mail address, an IP address or a person's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AuditEvent(StrEnum):
    """Each event that may be recorded."""

    LOGIN_COMPLETED = "login.completed"
    LOGIN_SWITCHED = "login.switched"
    SESSION_ENDED = "session.ended"
    LOGOUT_COMPLETED = "logout.completed"
    CODE_ISSUED = "code.issued"
    CODE_REPLAYED = "code.replayed"
    TOKEN_ISSUED = "token.issued"
    TOKEN_REFUSED = "token.refused"
    CLIENT_AUTH_FAILED = "client.auth_failed"
    LINK_REQUESTED = "link.requested"
    LINK_SENT = "link.sent"
    LINK_NOT_ELIGIBLE = "link.not_eligible"
    LINK_OPENED = "link.opened"
    LINK_CONSUMED = "link.consumed"
    LINK_REFUSED = "link.refused"
    LINK_REPORTED = "link.reported"
    LINK_WITHDRAWN = "link.withdrawn"
    UPSTREAM_STARTED = "upstream.started"
    UPSTREAM_FAILED = "upstream.failed"
    UPSTREAM_PROOF_REFUSED = "upstream.proof_refused"
    FLAG_CHANGED = "flag.changed"
    FLAG_POLICY_CHANGED = "flag.policy_changed"
    FLAG_CHANGE_ASKED = "flag.change_asked"
    FLAG_CHANGE_DECIDED = "flag.change_decided"
    UPSTREAM_STATE_CHANGED = "upstream.state_changed"
    UPSTREAM_JUDGED = "upstream.judged"
    INCIDENT_REPORTED = "incident.reported"
    PROBER_ADVISED = "prober.advised"
    WINDOW_PLANNED = "window.planned"
    WINDOW_CANCELLED = "window.cancelled"
    UPSTREAM_CHANGE_NOTIFIED = "upstream.change_notified"
    UPSTREAM_CHANGE_UNDELIVERED = "upstream.change_undelivered"
    ADMINS_TOLD = "admins.told"
    ADDRESS_CHANGE_REQUESTED = "address.change_requested"
    ADDRESS_CHANGE_CANCELLED = "address.change_cancelled"
    ADDRESS_VERIFICATION_FAILED = "address.verification_failed"
    ADDRESS_VERIFIED = "address.verified"
    ADDRESS_CHANGED = "address.changed"
    ADDRESS_REPLACED = "address.replaced"
    ADDRESS_UNDELIVERABLE = "address.undeliverable"
    ADDRESS_DELIVERABLE = "address.deliverable"
    CONSENT_GIVEN = "consent.given"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    PERSON_CREATED = "person.created"
    PERSON_UPDATED = "person.updated"
    PERSON_WITHDRAWN = "person.withdrawn"
    PERSON_RETURNED = "person.returned"
    PERSON_REVEALED = "person.revealed"
    PERSON_MERGED = "person.merged"
    PERSON_UNMERGED = "person.unmerged"
    PERSON_SEPARATED = "person.separated"
    PERSON_RETIRED = "person.retired"
    PERSON_RESTORED = "person.restored"
    CONTACT_DOUBTED = "contact.doubted"
    PERSON_CHANGE_NOTIFIED = "person.change_notified"
    PERSON_CHANGE_UNDELIVERED = "person.change_undelivered"
    PEOPLE_READ = "people.read"
    PEOPLE_IMPORTED = "people.imported"
    PEOPLE_EXPORTED = "people.exported"
    NUDGE_TOLD = "nudge.told"
    NUDGE_ANSWERED = "nudge.answered"
    PERSON_EXPORTED = "person.exported"
    PERSON_ERASED = "person.erased"
    PERSON_PURGED = "person.purged"
    PERSON_HELD = "person.held"
    PERSON_RELEASED = "person.released"
    DATA_PURGED = "data.purged"
    KNOWN_BROWSER_ADDED = "known_browser.added"
    KNOWN_BROWSER_REMOVED = "known_browser.removed"
    MAIL_ACCEPTED = "mail.accepted"
    MAIL_DEFERRED = "mail.deferred"
    MAIL_REFUSED = "mail.refused"
    CAMPAIGN_BEGUN = "campaign.begun"
    CAMPAIGN_PAUSED = "campaign.paused"
    CAMPAIGN_RESUMED = "campaign.resumed"
    CAMPAIGN_FINISHED = "campaign.finished"
    DRILL_BEGUN = "drill.begun"
    DRILL_ENDED = "drill.ended"
    DRILL_CHOSEN = "drill.chosen"
    DRILL_SHOWN = "drill.shown"
    DRILL_LEFT = "drill.left"
    CAPTCHA_FAILED = "captcha.failed"
    LIMIT_HIT = "limit.hit"
    CSRF_FAILED = "csrf.failed"
    GRANT_REVOKED = "grant.revoked"
    REFRESH_REPLAYED = "refresh.replayed"
    LOGOUT_NOTIFIED = "logout.notified"
    LOGOUT_UNDELIVERED = "logout.undelivered"
    CLIENT_DISABLED = "client.disabled"
    CLIENT_ENABLED = "client.enabled"
    CLIENT_ADDED = "client.added"
    SESSIONS_REVOKED = "sessions.revoked"
    CLIENTS_RELOADED = "clients.reloaded"
    CLIENTS_RELOAD_FAILED = "clients.reload_failed"
    KEYS_GENERATED = "keys.generated"
    KEYS_ROTATED = "keys.rotated"
    KEYS_REVOKED = "keys.revoked"
    DATA_KEYS_ROTATED = "data_keys.rotated"
    DATA_KEYS_FORGOTTEN = "data_keys.forgotten"
    DATA_RESEALED = "data.resealed"
    ADMIN_CREATED = "admin.created"
    ADMIN_ROLE_CHANGED = "admin.role_changed"
    ADMIN_DISABLED = "admin.disabled"
    ADMIN_ENABLED = "admin.enabled"
    ADMIN_RESET = "admin.reset"
    ADMIN_SET_UP = "admin.set_up"
    ADMIN_LOGGED_IN = "admin.logged_in"
    ADMIN_LOGIN_FAILED = "admin.login_failed"
    ADMIN_PROVED_AGAIN = "admin.proved_again"
    ADMIN_PASSWORD_CHANGED = "admin.password_changed"
    ADMIN_CODES_RENEWED = "admin.codes_renewed"
    ADMIN_SESSION_ENDED = "admin.session_ended"
    PERSON_LOOKED_UP = "person.looked_up"
    CALLER_CHECKED = "person.caller_checked"
    AUDIT_DOWNLOADED = "audit.downloaded"
    AUDIT_CHAIN_BROKEN = "audit.chain_broken"
    AUDIT_EXPORTED = "audit.exported"
    AUDIT_REVEALED = "audit.revealed"
    AUDIT_KEY_MADE = "audit.key_made"
    AUDIT_KEY_ROTATED = "audit.key_rotated"


@dataclass(frozen=True)
class Row:
    """One event's documentation: what it tells, and the names of the details that it may hold."""

    meaning: str
    details: frozenset[str] = frozenset()


def _row(meaning: str, *details: str) -> Row:
    return Row(meaning, frozenset(details))


# What commits to what is kept beside the record (`audit.personal`): a hash, no personal data.
PERSONAL = "personal"
_CAMPAIGN = ("campaign", "days", "most")
# How many of its mails came to what (`people.campaign_ports.MailState`).
_MAILS = ("sent", "refused", "unknown", "dropped", "given_up")

TABLE: dict[AuditEvent, Row] = {
    AuditEvent.LOGIN_COMPLETED: _row(
        "A session began.", "sid", "transaction", "acr", "known_browser", "drill", PERSONAL
    ),
    AuditEvent.LOGIN_SWITCHED: _row(
        "A session was replaced by another person's, who confirmed it.", "sid", "previous_person"
    ),
    AuditEvent.SESSION_ENDED: _row(
        "A session ended: logout, replaced, renewed, ended_by_person or revoked.", "sid", "reason"
    ),
    AuditEvent.LOGOUT_COMPLETED: _row("A person logged out.", "sid", "started_by"),
    AuditEvent.CODE_ISSUED: _row(
        "An authorization code was issued.", "sid", "grant", "scope", "acr"
    ),
    AuditEvent.CODE_REPLAYED: _row(
        "A spent code came again: what it had brought was revoked.", "grant"
    ),
    AuditEvent.TOKEN_ISSUED: _row("Tokens were issued.", "sid", "grant", "grant_type", "scope"),
    AuditEvent.TOKEN_REFUSED: _row(
        "A token request was refused.", "grant", "grant_type", "error", "reason"
    ),
    AuditEvent.CLIENT_AUTH_FAILED: _row(
        "A component did not prove itself.", "method", "endpoint", "reason"
    ),
    AuditEvent.LINK_REQUESTED: _row(
        "A contingency link was asked for; whether anybody gets one is decided later.",
        "link",
        "transaction",
        "known_browser",
        "resend",
        "drill",
        PERSONAL,
    ),
    AuditEvent.LINK_SENT: _row("A relay took the mail with a link.", "link", "attempt"),
    AuditEvent.LINK_NOT_ELIGIBLE: _row(
        "No mail left, since nobody eligible was named.", "link", "reason"
    ),
    AuditEvent.LINK_OPENED: _row("A live link was looked at.", "link", "where", "method"),
    AuditEvent.LINK_CONSUMED: _row("A link was used, once and for all.", "link", "where", "hits"),
    AuditEvent.LINK_WITHDRAWN: _row(
        "A link counts no longer: its login was proved by SUNAT.", "link"
    ),
    AuditEvent.LINK_REPORTED: _row("Somebody at a link said: it was not me.", "link"),
    AuditEvent.LINK_REFUSED: _row("A link was not accepted.", "link", "reason", "where"),
    AuditEvent.UPSTREAM_STARTED: _row("A person was sent to SUNAT.", "transaction"),
    AuditEvent.UPSTREAM_FAILED: _row("SUNAT gave no usable answer.", "transaction", "reason"),
    AuditEvent.UPSTREAM_PROOF_REFUSED: _row(
        "What came from SUNAT was not accepted as proof.", "transaction", "reason"
    ),
    AuditEvent.FLAG_CHANGED: _row(
        "Somebody changed an upstream's flag. via: cli, console, api or local (a file, at said_at, "
        "while the database was away; superseded where a later word was there). unapproved: no "
        "second person was asked. evidence: SHA-256 of what is kept beside it.",
        "state",
        "previous",
        "reason",
        "until",
        "via",
        "said_at",
        "approved_by",
        "unapproved",
        "superseded",
        "evidence",
    ),
    AuditEvent.FLAG_POLICY_CHANGED: _row(
        "Somebody chose who decides while an upstream's flag is automatic.",
        "policy",
        "previous",
        "reason",
        "approved_by",
    ),
    AuditEvent.FLAG_CHANGE_ASKED: _row(
        "A change waits for a second person's word, or the admins' on what the prober would do.",
        "request",
        "kind",
        "wanted",
        "reason",
        "deadline",
        "evidence",
    ),
    AuditEvent.FLAG_CHANGE_DECIDED: _row(
        "A change that waited was approved, refused, done or lapsed at its deadline, or withdrawn.",
        "request",
        "kind",
        "wanted",
        "decision",
    ),
    AuditEvent.UPSTREAM_STATE_CHANGED: _row(
        "Another state of an upstream is in force: by somebody's word, by evidence or by the hour.",
        "transition",
        "up",
        "why",
        "until",
        "evidence",
    ),
    AuditEvent.UPSTREAM_JUDGED: _row(
        "The prober decided about an upstream by evidence.", "up", "reason", "evidence"
    ),
    AuditEvent.INCIDENT_REPORTED: _row(
        "The report on a contingency that is over was made.", "incident", "signed"
    ),
    AuditEvent.PROBER_ADVISED: _row(
        "The prober told the admins what evidence speaks for; up: what it would have in force.",
        "up",
        "reason",
    ),
    AuditEvent.WINDOW_PLANNED: _row(
        "Somebody announced maintenance of an upstream.", "window", "starts", "ends", "reason"
    ),
    AuditEvent.WINDOW_CANCELLED: _row(
        "Somebody took announced maintenance back, or ended it.",
        "window",
        "starts",
        "ends",
        "reason",
    ),
    AuditEvent.UPSTREAM_CHANGE_NOTIFIED: _row(
        "A component was told that people log in by another mode.", "transition"
    ),
    AuditEvent.UPSTREAM_CHANGE_UNDELIVERED: _row(
        "A component could not be told of it.", "transition", "reason"
    ),
    AuditEvent.ADMINS_TOLD: _row(
        "A mail about an upstream was written to the admins, and so many components are told.",
        "notice",
        "kind",
        "mails",
        "components",
    ),
    AuditEvent.ADDRESS_CHANGE_REQUESTED: _row(
        "A person named a new address, not verified yet.", "address", "verification"
    ),
    AuditEvent.ADDRESS_CHANGE_CANCELLED: _row(
        "A person went back to the address in force; what was pending is void.", "address"
    ),
    AuditEvent.ADDRESS_VERIFICATION_FAILED: _row(
        "A wrong or late code or link for an address.", "verification", "reason", "tries"
    ),
    AuditEvent.ADDRESS_VERIFIED: _row(
        "A person proved that an address is theirs.", "address", "by", "counts_from"
    ),
    AuditEvent.ADDRESS_CHANGED: _row(
        "A verified address is to replace another, which is told.",
        "address",
        "previous",
        "counts_from",
    ),
    AuditEvent.ADDRESS_REPLACED: _row(
        "A system named another address, or none: the one before counts no more, and its owner is "
        "told where they had proved it.",
        "address",
        "previous",
        "proved",
    ),
    AuditEvent.ADDRESS_UNDELIVERABLE: _row(
        "Mail to an address was refused for good.", "address", "code"
    ),
    AuditEvent.ADDRESS_DELIVERABLE: _row(
        "An operator took back that mail to an address fails for good.", "address", "reason"
    ),
    AuditEvent.CONSENT_GIVEN: _row("A person accepted notifications.", "source"),
    AuditEvent.CONSENT_WITHDRAWN: _row("A person no longer accepts notifications.", "source"),
    AuditEvent.PERSON_CREATED: _row("A person was seen for the first time.", "source", "fields"),
    AuditEvent.PERSON_UPDATED: _row(
        "What is known of a person changed; names of fields only.", "source", "fields"
    ),
    AuditEvent.PERSON_WITHDRAWN: _row(
        "A system said that there is no such person: it no longer sees them, and contingency is "
        "closed to them.",
        "source",
    ),
    AuditEvent.PERSON_RETURNED: _row(
        "A system named a person again whom one had withdrawn.", "source", "fields"
    ),
    AuditEvent.PERSON_CHANGE_NOTIFIED: _row("A system was told that a person changed.", "notice"),
    AuditEvent.PERSON_CHANGE_UNDELIVERED: _row(
        "A system could not be told that a person changed.", "notice", "reason"
    ),
    AuditEvent.PEOPLE_READ: _row("A system read people's data.", "rows"),
    AuditEvent.PERSON_REVEALED: _row("An operator looked at a person unmasked.", "purpose"),
    AuditEvent.PERSON_MERGED: _row(
        "An operator joined another person with this one, who is kept.",
        "absorbed",
        "contact",
        "reason",
    ),
    AuditEvent.PERSON_UNMERGED: _row(
        "An operator undid it: the other is a person of their own again.",
        "restored",
        "contact",
        "reason",
    ),
    AuditEvent.PERSON_SEPARATED: _row(
        "An operator took a user away from a person: whoever logs in with it next is a new one.",
        "left",
        "reason",
    ),
    AuditEvent.PERSON_RETIRED: _row(
        "A person is no more, and their sub names nobody: merged or separated.",
        "why",
        "kept",
        "reason",
    ),
    AuditEvent.PERSON_RESTORED: _row(
        "A person who was merged is back, with their own sub.", "kept", "reason"
    ),
    AuditEvent.CONTACT_DOUBTED: _row(
        "Address, consent and known browsers count no more, since they may be another human's: "
        "name, entity or separated.",
        "reason",
        "addresses",
        "browsers",
    ),
    AuditEvent.PEOPLE_EXPORTED: _row("Everybody was written to a file, in clear.", "purpose"),
    AuditEvent.PERSON_EXPORTED: _row(
        "A copy of all that is kept of a person was made, in clear: for themselves, or by an "
        "operator.",
        "source",
        "purpose",
    ),
    AuditEvent.PERSON_ERASED: _row(
        "An operator erased a person: this id leads to nobody any more.", "reason", "rows"
    ),
    AuditEvent.PERSON_PURGED: _row(
        "A person was forgotten, since they had not been in use for long: unused or never_came.",
        "reason",
    ),
    AuditEvent.PERSON_HELD: _row(
        "An operator put on record that an obligation keeps a person's data.", "reason"
    ),
    AuditEvent.PERSON_RELEASED: _row("An obligation keeps a person's data no more.", "reason"),
    AuditEvent.DATA_PURGED: _row("What was too old was removed.", "rule", "rows"),
    AuditEvent.PEOPLE_IMPORTED: _row(
        "A file of people was imported.",
        "rows",
        "created",
        "updated",
        "unchanged",
        "erased",
        "restored",
        "trusted_emails",
        "source",
        "file",
    ),
    AuditEvent.NUDGE_TOLD: _row(
        "A person was told after a login why they could not use the contingency, or asked whether "
        "the address is still theirs (`still_yours`).",
        "reason",
    ),
    AuditEvent.NUDGE_ANSWERED: _row(
        "What they answered: fix, later, yes or no; a yes names the address that it is about.",
        "reason",
        "answer",
        "address",
    ),
    AuditEvent.KNOWN_BROWSER_ADDED: _row("A browser became known for a person.", "browser"),
    AuditEvent.KNOWN_BROWSER_REMOVED: _row("A known browser was removed.", "browser"),
    AuditEvent.MAIL_ACCEPTED: _row(
        "A relay took a message.",
        "kind",
        "link",
        "verification",
        "notice",
        "campaign",
        "relay",
        "attempt",
    ),
    AuditEvent.MAIL_DEFERRED: _row(
        "A relay put a message off.",
        "kind",
        "link",
        "verification",
        "notice",
        "campaign",
        "relay",
        "attempt",
        "code",
    ),
    AuditEvent.MAIL_REFUSED: _row(
        "A relay refused a message for good.",
        "kind",
        "link",
        "verification",
        "notice",
        "campaign",
        "relay",
        "attempt",
        "code",
        "address",
    ),
    AuditEvent.CAMPAIGN_BEGUN: _row(
        "An operator began to ask people by mail for a verification or a consent.",
        *_CAMPAIGN,
        "expected",
    ),
    AuditEvent.CAMPAIGN_PAUSED: _row("An operator paused a campaign.", *_CAMPAIGN, *_MAILS),
    AuditEvent.CAMPAIGN_RESUMED: _row("An operator let a campaign go on.", *_CAMPAIGN, *_MAILS),
    AuditEvent.CAMPAIGN_FINISHED: _row(
        "A campaign is over: everybody was asked, or (with an actor) an operator ended it.",
        *_CAMPAIGN,
        *_MAILS,
    ),
    AuditEvent.DRILL_BEGUN: _row(
        "An operator began to show some people the contingency while SUNAT works.",
        "drill",
        "clients",
        "percent",
        "testers",
        "everyone",
        "until",
        "reason",
    ),
    AuditEvent.DRILL_ENDED: _row(
        "A drill is over: by time, by an operator, or since SUNAT was flagged down (upstream).",
        "drill",
        "why",
        "reason",
    ),
    AuditEvent.DRILL_CHOSEN: _row(
        "A login was taken into a drill: of a person in its share, or of a tester at their own "
        "browser or by their link.",
        "drill",
        "transaction",
        "by",
    ),
    AuditEvent.DRILL_SHOWN: _row("A login in a drill saw the form.", "drill", "transaction"),
    AuditEvent.DRILL_LEFT: _row(
        "A person in a drill preferred to log in with SUNAT.", "drill", "transaction"
    ),
    AuditEvent.CAPTCHA_FAILED: _row(
        "A captcha was not passed.", "kind", "reason", "transaction", "drill"
    ),
    AuditEvent.LIMIT_HIT: _row(
        "A rate limit refused a request.", "limit", "retry_after", "transaction", "drill"
    ),
    AuditEvent.CSRF_FAILED: _row(
        "A form was not sent by this browser from a page of ours.", "endpoint", "reason"
    ),
    AuditEvent.GRANT_REVOKED: _row(
        "What a login gave to a component was taken back: its refresh and access tokens.",
        "grant",
        "reason",
    ),
    AuditEvent.REFRESH_REPLAYED: _row(
        "A refresh token that was used before came again: its family was revoked.", "grant"
    ),
    AuditEvent.LOGOUT_NOTIFIED: _row("A component was told that a session ended.", "sid"),
    AuditEvent.LOGOUT_UNDELIVERED: _row(
        "A component could not be told that a session ended.", "sid", "reason"
    ),
    AuditEvent.CLIENT_ADDED: _row("An operator added a component to the clients file."),
    AuditEvent.CLIENT_DISABLED: _row("An operator disabled a component.", "reason"),
    AuditEvent.CLIENT_ENABLED: _row("An operator enabled a component again.", "reason"),
    AuditEvent.SESSIONS_REVOKED: _row(
        "An operator ended sessions, with what they gave.", "scope", "reason", "sessions", "grants"
    ),
    AuditEvent.CLIENTS_RELOADED: _row("The clients file was read again.", "clients", "digest"),
    AuditEvent.CLIENTS_RELOAD_FAILED: _row(
        "The clients file is not valid; the last good one stays.", "problems", "digest"
    ),
    AuditEvent.KEYS_GENERATED: _row("Signing keys were made.", "kid", "alg"),
    AuditEvent.KEYS_ROTATED: _row("Another key signs from now on.", "kid", "alg"),
    AuditEvent.KEYS_REVOKED: _row("A key counts no more.", "kid", "alg", "reason"),
    AuditEvent.DATA_KEYS_ROTATED: _row("Another key seals personal data from now on.", "key"),
    AuditEvent.DATA_KEYS_FORGOTTEN: _row("A data key that nothing needed was removed.", "key"),
    AuditEvent.DATA_RESEALED: _row(
        "Personal data was sealed anew with the newest key.", "rows", "changed"
    ),
    # `account` is the name of a console account, which operators chose for one another.
    AuditEvent.ADMIN_CREATED: _row("An operator made a console account.", "account", "role"),
    AuditEvent.ADMIN_ROLE_CHANGED: _row("A console account has another role.", "account", "role"),
    AuditEvent.ADMIN_DISABLED: _row(
        "Nobody comes in by a console account any more.", "account", "reason"
    ),
    AuditEvent.ADMIN_ENABLED: _row("A console account may be used again.", "account", "reason"),
    AuditEvent.ADMIN_RESET: _row(
        "A console account is set up anew: what proved it counts no more.", "account", "reason"
    ),
    AuditEvent.ADMIN_SET_UP: _row("A console account was set up by its link.", "account"),
    AuditEvent.ADMIN_LOGGED_IN: _row(
        "Somebody came in at the console, by a code or a recovery code.",
        "account",
        "how",
        "sid",
        PERSONAL,
    ),
    AuditEvent.ADMIN_LOGIN_FAILED: _row(
        "Somebody did not come in at the console (password, code, recovery), or did not prove who "
        "they are when asked again (proof).",
        "account",
        "step",
        "reason",
        PERSONAL,
    ),
    AuditEvent.ADMIN_PROVED_AGAIN: _row(
        "Somebody at the console typed their password again.", "account", "sid"
    ),
    AuditEvent.ADMIN_PASSWORD_CHANGED: _row("A console account has another password.", "account"),
    AuditEvent.ADMIN_CODES_RENEWED: _row("A console account has other recovery codes.", "account"),
    AuditEvent.ADMIN_SESSION_ENDED: _row(
        "A session at the console ended: logout, ended, replaced by another login in its browser, "
        "lapsed (unused, or too old; told when its cookie comes back within a day), password, "
        "disabled, enabled, reset or role_changed.",
        "account",
        "sid",
        "reason",
    ),
    # Nothing of what was typed: who is looked for stands in the record as an opaque id, if at all.
    AuditEvent.PERSON_LOOKED_UP: _row(
        "Somebody at the console looked for a person (by reference, identifier or id); nobody was "
        "found where no person is named.",
        "by",
        "purpose",
        "found",
    ),
    AuditEvent.CALLER_CHECKED: _row(
        "The help desk compared what a caller says with what is kept of a person.",
        "question",
        "matches",
    ),
    AuditEvent.AUDIT_DOWNLOADED: _row(
        "Somebody at the console took records of the audit log along, as a file.",
        "rows",
        "filter",
    ),
    AuditEvent.AUDIT_CHAIN_BROKEN: _row(
        "The audit log was not the one that the last checkpoint vouches for: rows that were signed "
        "for are gone, or others.",
        "checkpoint",
        "number",
    ),
    AuditEvent.AUDIT_EXPORTED: _row("The audit log was exported.", "rows", "since", "until"),
    AuditEvent.AUDIT_REVEALED: _row(
        "An operator looked at what is kept beside a record: the network address and the browser.",
        "record",
        "purpose",
        "genuine",
    ),
    AuditEvent.AUDIT_KEY_MADE: _row("The audit key was made.", "kid"),
    AuditEvent.AUDIT_KEY_ROTATED: _row(
        "The audit key has a successor; both signed that it is.", "kid", "successor"
    ),
}
