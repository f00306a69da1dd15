"""Logging in through whoever proves a realm's people while all is well: SUNAT.

Owns: the way to SUNAT and back (state, code, exchange), the small interface of an upstream and
the driver that speaks SUNAT's protocol, and what makes a SUNAT token acceptable.
Does not own: whether an upstream is used at all (`login.steps`), persons (`people`), the flag and
what is made of evidence (`upstream_status`), outbound HTTP (`adapters.http`).
May import: login, links, captcha, mail, deliveries, upstream_status, people, clients, signing,
limits, audit, jobs, web, settings, kernel (and Authlib's JOSE library, for pinned keys).
"""
