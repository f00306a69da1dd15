"""The provider's application: which blueprints are mounted, in which order.

May import: app's other files, scim's errors, web, settings.
"""

from __future__ import annotations

from itertools import chain

from flask import Flask

from idp.app import pages, protocol
from idp.app.front import Face, bare, front
from idp.app.process import served
from idp.scim.views import PREFIX as SCIM
from idp.scim.views import answer_error
from idp.settings import Settings
from idp.web.errors import register_errors
from idp.wiring import Services, page_problems

MAX_BODY = 262_144


def create_app(settings: Settings, services: Services) -> Flask:
    """The Flask application over these services; starts nothing in the background."""
    app = bare("idp", settings, max_body=MAX_BODY, secure=settings.production)
    tools = front(settings, services, Face(settings.issuer, settings.production))
    register_errors(
        app,
        tools.pages,
        is_api=protocol.is_api,
        production=settings.production,
        writers={f"{SCIM}/": answer_error},
    )
    for one in chain(
        protocol.blueprints(settings, services, tools),
        pages.login_pages(settings, services, tools),
        pages.account_pages(settings, services, tools),
        pages.help_pages(settings, services, tools),
    ):
        app.register_blueprint(one)
    protocol.finish_each_with_cors(app, services, secure=settings.production)
    return app


def application() -> Flask:
    """The application of a server process: checked, with its watchers running.

    Ends the process with every problem of the environment and of what it names.
    """
    return served(create_app, page_problems)
