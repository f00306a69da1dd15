"""How often something may be done.

Owns: the one table of limits, the service that counts. Does not own: what is limited.
May import: web, settings, kernel (and jobs, audit).
"""
