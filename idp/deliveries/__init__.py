"""Signed, retried calls to components: back-channel logout, and changes of people.

Owns: the logout token, the event of a changed person, when each is sent again, when it is given up.
Does not own: which sessions end and whom that concerns (`login`, `oidc`), the way out
(`kernel.ports.HttpClient`), the queue (`jobs`).
May import: people, clients, signing, limits, audit, jobs, web, settings, kernel.
"""
