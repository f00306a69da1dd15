"""What relying parties speak: OpenID Connect and OAuth 2.0, through Authlib.

Owns: discovery, JWKS, `/authorize`, `/token`, `/userinfo`, `/logout`; authorization codes and
access tokens; the one writer of authorization responses. The only room on the provider's side
that knows Authlib.
Does not own: how a person logs in (`login` and its steps), sessions, keys, clients.yaml.
May import: login and every room below it, authlib, joserfc's errors.
"""
