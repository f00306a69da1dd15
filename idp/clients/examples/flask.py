"""Authlib in Flask: a whole component that logs in, shows who is there, and logs out."""

from __future__ import annotations

from idp.clients.client import Client
from idp.clients.examples.texts import SECRET, File, path, quoted, scopes


def render(client: Client, issuer: str) -> tuple[File, ...]:
    """One file, for `flask --app app run`."""
    after = client.post_logout_redirect_uris
    back = f"\n        post_logout_redirect_uri={quoted(after[0])}," if after else ""
    secret = ""
    if client.token_endpoint_auth_method in SECRET:
        secret = '\n    client_secret=os.environ["VUCE_CLIENT_SECRET"],'
    text = f"""\
import os

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session

app = Flask(__name__)
app.secret_key = os.environ["SECRET_KEY"]
vuce = OAuth(app).register(
    "vuce",
    client_id={quoted(client.client_id)},{secret}
    server_metadata_url={quoted(issuer + "/.well-known/openid-configuration")},
    client_kwargs={{
        "scope": {quoted(scopes(client))},
        "code_challenge_method": "S256",
        "token_endpoint_auth_method": {quoted(client.token_endpoint_auth_method)},
    }},
)


@app.get("/")
def home():
    return session.get("claims") or redirect("/login")


@app.get("/login")
def login():
    return vuce.authorize_redirect({quoted(client.redirect_uris[0])})


@app.get({quoted(path(client.redirect_uris[0]))})
def callback():
    token = vuce.authorize_access_token()
    session["id_token"] = token["id_token"]
    # El ID token ya está verificado; lo demás de la persona está en userinfo.
    session["claims"] = {{**token["userinfo"], **vuce.userinfo(token=token)}}
    return redirect("/")


@app.errorhandler(OAuthError)
def refused(error):
    app.logger.warning("ingreso no completado: %s", error.error)
    return 'No se completó el ingreso. <a href="/login">Ingresar</a>', 400


@app.post("/logout")
def logout():
    id_token = session.get("id_token")
    session.clear()
    return vuce.logout_redirect({back}
        client_id=vuce.client_id,
        id_token_hint=id_token,
    )
"""
    return (File("app.py", text),)
