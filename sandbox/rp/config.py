"""What a relying party is told at its start."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Config:
    """name: of the component. base_url, issuer: without a slash at their end."""

    name: str
    base_url: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    auth_method: str = "client_secret_basic"
    form_post: bool = False

    @property
    def cookie(self) -> str:
        """A cookie name of its own: ports of one host share cookies."""
        return "rp_" + self.client_id.replace("-", "_")
