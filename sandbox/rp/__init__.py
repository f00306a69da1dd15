"""A relying party: a plain OpenID Connect integration, as VUCE's components would write it."""
