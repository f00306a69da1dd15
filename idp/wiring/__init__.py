"""Composition: the only place that names concrete classes.

Owns: building the services of a process from its settings, what is checked before it serves, which
room takes which step, the handlers of the queue, the periodic work, reading files again; what
subscribes to the rooms' events will stand here too.
Does not own: any behaviour.
May import: every room, the adapters, settings, kernel.
"""

from idp.wiring.audit import audit_problems, beside
from idp.wiring.background import worker_broker
from idp.wiring.base import Services
from idp.wiring.build import build_services
from idp.wiring.contingency import TEMPLATES
from idp.wiring.reload import Hangup
from idp.wiring.routes import STEP_URLS
from idp.wiring.start import page_problems, start_problems, upstream_origins

__all__ = [
    "STEP_URLS",
    "TEMPLATES",
    "Hangup",
    "Services",
    "audit_problems",
    "beside",
    "build_services",
    "page_problems",
    "start_problems",
    "upstream_origins",
    "worker_broker",
]
