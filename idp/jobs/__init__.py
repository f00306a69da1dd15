"""Background work, whatever queue carries it.

Owns: the port of the queue, the table of handlers with their retries, and what is done regularly
(`periodic`). Does not own: any handler (each room registers its own in wiring), the queue itself
(`adapters.queue`).
May import: web, settings, kernel.
"""
