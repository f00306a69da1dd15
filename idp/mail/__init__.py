"""Messages and how they leave.

Owns: rendering a mail from its templates (subject, text, HTML) without a request, the outgoing
message with its headers, the port of a relay and its two kinds of failure. Does not own: when a
mail is sent (the rooms' jobs), SMTP itself (`adapters.smtp`).
May import: people, clients, signing, limits, audit, jobs, web, settings, kernel.
"""
