"""What the console's pages of the switch read, beside the switch itself."""

from __future__ import annotations

from idp.adapters.sql.flag_said import SqlSaidStore
from idp.adapters.sql.login_counts import SqlLoginCounts
from idp.adapters.sql.probes import SqlProbeStore
from idp.admin.switch_logins import LoginBoard
from idp.admin.switch_preview import Previews
from idp.clients.registry import ClientRegistry
from idp.mail.load import MailLoad
from idp.wiring.base import Base
from idp.wiring.surface import Console, SwitchPages


def switch_pages(base: Base, made: Console, clients: ClientRegistry, load: MailLoad) -> SwitchPages:
    """What `/admin`, `/admin/cambiar` and `/admin/historia` use."""
    logins = LoginBoard(counts=SqlLoginCounts(base.database), clients=clients.all, clock=base.clock)
    return SwitchPages(
        logins=logins,
        probes=SqlProbeStore(base.database),
        previews=Previews(
            clients=clients.all,
            coverage=made.coverage,
            logins=logins,
            mail=load,
            relays=lambda: made.mail.now().relays,
            live=lambda: made.live.now().total,
        ),
        said=SqlSaidStore(base.database),
    )
