"""Run a relying party: `sandbox rp NAME --port … --issuer … --client-id …`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from sandbox.rp.app import create_app
from sandbox.rp.config import Config
from sandbox.serving import serve


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--issuer", required=True)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--client-secret-file", type=Path, required=True)
    parser.add_argument(
        "--auth-method",
        choices=("client_secret_basic", "client_secret_post"),
        default="client_secret_basic",
    )
    parser.add_argument("--form-post", action="store_true", help="response_mode=form_post")


def main(args: argparse.Namespace) -> int:
    """Serve until interrupted; 1 when the port cannot be had."""
    if args.issuer.startswith("http://localhost"):
        # Authlib's client refuses plain http otherwise; the demo speaks it on this machine only.
        os.environ.setdefault("AUTHLIB_INSECURE_TRANSPORT", "1")
    config = Config(
        name=args.name,
        base_url=args.base_url.rstrip("/"),
        issuer=args.issuer.rstrip("/"),
        client_id=args.client_id,
        client_secret=args.client_secret_file.read_text(encoding="utf-8").strip(),
        auth_method=args.auth_method,
        form_post=args.form_post,
    )
    return serve(create_app(config), args.host, args.port)
