"""`/cuenta`: what a person may see and change of their own data ("Modificación de Datos").

Owns: the form with e-mail address and consent, what was typed into it when its session had ended,
the steps by which an address is verified, and the mails that go with them; the word to a person on
the way to a component, and the way back to it; the page of a person's own data; the mails of a
campaign, which lead here. Does not own: the rules of addresses, consent and of what is told to whom
(`people`), what is kept (`privacy`), logging in.
May import: login, links, captcha, mail, deliveries, upstream_status, privacy, people, clients,
signing, limits, audit, jobs, web, settings, kernel.
"""
