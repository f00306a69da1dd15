"""What implements the ports: SQL, Redis, HTTP, SMTP, the queue, telemetry.

Owns: every library that speaks to something outside the process.
Does not own: any decision; adapters never import one another's packages.
May import: the rooms' ports and values, settings, kernel.
"""
