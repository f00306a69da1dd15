"""VUCE's OpenID Connect provider, which keeps working on the day SUNAT's login does not.

Rooms, from the top: `cli` and `app` are what starts; `wiring` names concrete classes; `adapters`
implement the ports; `admin`; the features that relying parties and people meet (`oidc`,
`federation`, `contingency`, `account`, `scim`); `login`, the dispatcher; what those share; `web`,
`settings`, `kernel`. A room imports only from rooms below it (setup.cfg holds the contracts).
"""
