"""The login by an e-mailed link while the upstream is down.

Owns: the form, the waiting page, the pages behind the link, the one identical job per request, who
is sent a mail (decided in the worker alone). Does not own: the link's life (`links`), the session
and the policy of a component (`login`), the state of the upstream (`upstream_status`).
May import: login, links, captcha, mail, deliveries, upstream_status, people, clients, signing,
limits, audit, jobs, web, settings, kernel.
"""
