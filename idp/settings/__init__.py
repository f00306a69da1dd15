"""Settings: frozen, typed, read from the environment once at start.

Owns: the table of `IDP_*` variables, their parsing and their checks; every problem of the
environment is reported at once. Does not own: what spans rooms at start (clients.yaml, keys),
which one command in wiring checks. May import: kernel.
"""

from idp.settings.environment import DEVELOPMENT_SECRET, SettingsError, check, load
from idp.settings.table import Settings
from idp.settings.upstreams import Upstream

__all__ = ["DEVELOPMENT_SECRET", "Settings", "SettingsError", "Upstream", "check", "load"]
