"""What people see: the login by SUNAT or by e-mail, their account, help.

May import: wiring, the rooms' views, captcha's vendors, settings, web.
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint

from idp.account.access_views import blueprint as access_blueprint
from idp.account.data_views import blueprint as data_blueprint
from idp.account.nudge_views import blueprint as nudge_blueprint
from idp.account.onward_views import Onward
from idp.account.onward_views import blueprint as onward_blueprint
from idp.account.views import blueprint as account_blueprint
from idp.account.ways_back import WaysBack
from idp.app.front import Front
from idp.captcha.vendors import owner
from idp.contingency.drill_views import blueprint as drill_blueprint
from idp.contingency.link_views import blueprint as link_blueprint
from idp.contingency.views import blueprint as contingency_blueprint
from idp.federation.views import blueprint as federation_blueprint
from idp.help.built import look
from idp.help.manual import facts, read_manual
from idp.help.views import blueprint as help_blueprint
from idp.login.rescue import Rescue
from idp.login.rescue_pages import RescuePages
from idp.login.rescue_views import blueprint as rescue_blueprint
from idp.login.views import blueprint as login_blueprint
from idp.settings import Settings
from idp.upstream_status.views import blueprint as status_blueprint
from idp.web.i18n import REMEMBERED
from idp.web.plain import blueprint as plain_blueprint
from idp.wiring import STEP_URLS, TEMPLATES, Services, upstream_origins
from idp.wiring.status import status_words


def login_pages(settings: Settings, services: Services, front: Front) -> Iterator[Blueprint]:
    """From the chooser to a session: by SUNAT, or by a mailed link."""
    logins = services.logins
    rescue = Rescue(logins=logins, clock=services.clock)
    rescue_pages = RescuePages(
        logins=logins,
        rescue=rescue,
        pages=front.pages,
        browser=front.browser,
        csrf=front.csrf,
        step_urls=STEP_URLS,
        realm_labels=_realm_labels(settings),
    )
    yield login_blueprint(
        logins=logins,
        drilling=services.drilling,
        audit=services.audit,
        pages=front.pages,
        cookies=front.cookies,
        browser=front.browser,
        csrf=front.csrf,
        languages=front.languages,
        addresses=front.addresses,
        rescue=rescue,
        rescue_pages=rescue_pages,
        step_urls=STEP_URLS,
        upstream_origins=upstream_origins(settings),
        realm_labels=_realm_labels(settings),
    )
    yield rescue_blueprint(
        logins=logins,
        rescue=rescue,
        cookies=front.cookies,
        browser=front.browser,
        step_urls=STEP_URLS,
    )
    yield federation_blueprint(
        federation=services.federation,
        logins=logins,
        rescue=rescue,
        rescue_pages=rescue_pages,
        cookies=front.cookies,
        browser=front.browser,
        limits=services.limits,
        addresses=front.addresses,
        known_browser_ttl=settings.known_browser_ttl,
    )
    yield contingency_blueprint(
        contingency=services.contingency,
        languages=front.languages,
        waiting_room=services.waiting_room,
        sessions=logins.sessions,
        entry=services.entry,
        pages=front.pages,
        cookies=front.cookies,
        csrf=front.csrf,
        addresses=front.addresses,
        link_minutes=settings.link_ttl // 60,
        drills=services.drill_desk,
        upstream_origins=upstream_origins(settings),
    )
    yield link_blueprint(
        entry=services.entry,
        elsewhere=services.elsewhere,
        sessions=logins.sessions,
        pages=front.pages,
        cookies=front.cookies,
        browser=front.browser,
        csrf=front.csrf,
        upstream_origins=upstream_origins(settings),
    )
    yield drill_blueprint(
        desk=services.drill_desk,
        pages=front.pages,
        cookies=front.cookies,
        browser=front.browser,
        csrf=front.csrf,
    )


def account_pages(settings: Settings, services: Services, front: Front) -> Iterator[Blueprint]:
    """Everything under `/cuenta`."""
    logins = services.logins
    onward = Onward(ways=WaysBack(logins), cookies=front.cookies, browser=front.browser)
    yield onward_blueprint(onward=onward)
    yield nudge_blueprint(
        desk=services.nudge_desk,
        logins=logins,
        onward=onward,
        pages=front.pages,
        cookies=front.cookies,
        browser=front.browser,
        csrf=front.csrf,
    )
    yield account_blueprint(
        account=services.account,
        drafts=services.drafts,
        logins=logins,
        onward=onward,
        pages=front.pages,
        cookies=front.cookies,
        browser=front.browser,
        csrf=front.csrf,
        languages=front.languages,
        realm_labels=_realm_labels(settings),
    )
    yield access_blueprint(
        desk=services.access_desk,
        logins=logins,
        pages=front.pages,
        cookies=front.cookies,
        browser=front.browser,
        csrf=front.csrf,
    )
    yield data_blueprint(
        own_data=services.own_data,
        documents=services.documents,
        logins=logins,
        pages=front.pages,
        cookies=front.cookies,
        browser=front.browser,
        csrf=front.csrf,
        languages=front.languages,
        contact=settings.privacy_email,
        production=settings.production,
    )


def help_pages(settings: Settings, services: Services, front: Front) -> Iterator[Blueprint]:
    """The front page, the privacy notice, how the upstreams stand, and the users' manual."""
    yield plain_blueprint(
        pages=front.pages,
        components=lambda: (
            (one.client_name, one.client_uri or one.initiate_login_uri)
            for one in services.clients.all()
            if not one.disabled
        ),
        privacy={
            "login_life": settings.transaction_touched_ttl,
            "link_life": settings.link_max_age,
            "session_life": settings.session_ttl,
            "browser_life": settings.known_browser_ttl,
            "language_life": REMEMBERED,
            "audit_life": settings.audit_retention,
            "whence_life": settings.audit_personal_retention,
            "uses_life": services.coverage.uses_kept,
            "campaign_life": services.campaigns.kept,
            "person_life": settings.person_retention,
            "unverified_life": settings.unverified_retention,
            "replaced_life": settings.replaced_retention,
            "spent_link_life": settings.spent_link_retention,
            "contact": settings.privacy_email,
            "captcha_owner": owner(settings.captcha),
        },
    )
    yield status_blueprint(
        board=services.status_board,
        words=status_words(settings),
        pages=front.pages,
        languages=front.languages,
        issuer=settings.issuer,
    )
    yield help_blueprint(
        pages=front.pages,
        manual=read_manual(TEMPLATES / "ayuda", facts(settings)),
        built=look(settings.manual_dir),
    )


def _realm_labels(settings: Settings) -> dict[str, str]:
    return {one.realm: one.label for one in settings.upstreams}
