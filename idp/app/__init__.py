"""The web application: blueprints with their narrow arguments, error pages, headers.

Owns: which blueprint is mounted, and what every response carries.
Does not own: any page's content, any service.
May import: wiring, the rooms' views, audit's events, adapters.telemetry, web, settings, kernel.
"""

from idp.app.create import application, create_app

__all__ = ["application", "create_app"]
