"""The dispatcher: what a login still needs, decided in one place.

Owns: the parked authorization request (*transaction*), the pure policy `steps.next_step`, the
session, and the pages between steps (choose who you are, another person, contingency refused, an
upstream that does not answer).
Does not own: any method of logging in (they record a *proof* on the transaction and come back to
`/login/<txn>`), nor what happens after (`oidc` issues, `account` shows the form).
May import: links, captcha, mail, deliveries, upstream_status, people, clients, signing, limits,
audit, jobs, web, settings, kernel.
"""
