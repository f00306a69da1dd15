"""The settings of a world as the environment of a command, so that `idp …` acts on it."""

from __future__ import annotations

from idp.settings import Settings


def environment_of(settings: Settings) -> dict[str, str]:
    """`IDP_*` variables that say the same."""
    found = {
        "ENV": settings.env,
        "ISSUER": settings.issuer,
        "SECRET_KEY": settings.secret_key,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "CLIENTS_FILE": str(settings.clients_file),
        "KEYS_DIR": str(settings.keys_dir),
        "SMTP_URL": settings.smtp_url,
        "MAIL_FROM": settings.mail_from,
        "CAPTCHA": settings.captcha,
    }
    for one in settings.upstreams:
        realm = one.realm.upper()
        found[f"{realm}_BASE_URL"] = one.base_url
        found[f"{realm}_CLIENT_ID"] = one.client_id
        found[f"{realm}_CLIENT_SECRET"] = one.client_secret
    return {f"IDP_{name}": value for name, value in found.items()}
