"""A mock of SUNAT's login for both kinds of user (`clientessol`, `clientesextranet`).

Owns: the login page, SUNAT's own session, codes, the access token's wire format, and the
misbehaviour on demand (one table, `faults.FAULTS`).
Does not own: the people (`sandbox.people`); anything of the provider.
May import: `sandbox.people`, Flask, joserfc, the standard library. Never `idp`.
"""
