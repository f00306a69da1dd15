"""Flask helpers that know no feature: rendering, cookies, CSRF, headers, error pages.

Owns: the Jinja environment and what every page is given, the names and flags of cookies, the CSRF
token, the security headers, the texts of errors, static files.
Does not own: any feature's page or route.
May import: settings, kernel (and Flask, Jinja).
"""
