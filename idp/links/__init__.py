"""One-time links: asked for in one browser, sent to one person, good for one login.

Owns: a link's life (asked, live, superseded, spent; when it ends), its token (HMAC of its id, so
that a retry repeats it), and its one use. Does not own: who may have one (`contingency` decides),
the mail, the pages.
May import: people, clients, signing, limits, audit, jobs, web, settings, kernel.
"""
