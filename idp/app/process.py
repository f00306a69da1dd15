"""What stands around an application in a server process: checks, watchers, the log.

May import: wiring, adapters.telemetry, settings, kernel.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable

from flask import Flask

from idp.adapters.telemetry.log import configure_logging
from idp.kernel.errors import StartError
from idp.settings import Settings, load
from idp.wiring import Hangup, Services, build_services


def served(
    create: Callable[[Settings, Services], Flask],
    problems_of: Callable[[Services], list[str]] = lambda services: [],
) -> Flask:
    """An application with everything that its process runs beside the requests.

    problems_of: files that it needs and that are not there. Ends the process with every problem
    of the environment and of what it names.
    """
    hangup = Hangup() if threading.current_thread() is threading.main_thread() else None
    try:
        settings = load(os.environ)
        services = build_services(settings)
        problems = problems_of(services)
        if problems:
            raise StartError(problems)
    except StartError as error:
        sys.exit("\n".join(error.problems))
    configure_logging(settings.log_level, services.clock)
    services.start()
    if hangup is not None:
        hangup.hand_to(services.reloader)
    app = create(settings, services)
    logging.getLogger("idp").info(
        "server process ready",
        extra={"clients": len(services.clients.all()), "keys": len(services.keyring.keys)},
    )
    return app
