"""`/cuenta`: what a person may see and change of their own data ("Modificación de Datos").

Owns: the form with e-mail address and consent, what was typed into it when its session had ended,
the steps by which an address is verified, and the mails that go with them. Does not own: the rules
of addresses and consent (`people`), logging in.
May import: login, links, captcha, mail, deliveries, upstream_status, people, clients, signing,
limits, audit, jobs, web, settings, kernel.
"""
