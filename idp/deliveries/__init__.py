"""Signed, retried calls to components: back-channel logout, changes of people and of the flag.

Owns: the logout token, the events of a changed person and of another way to log in, when each is
sent again, when it is given up.
Does not own: which sessions end and whom that concerns (`login`, `oidc`), the way out
(`kernel.ports.HttpClient`), the queue (`jobs`).
May import: people, clients, signing, limits, audit, jobs, web, settings, kernel.
"""
