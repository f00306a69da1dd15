"""The console: its accounts, its way in, its pages.

Owns: console accounts with their roles, passwords, codes and sessions; what each role may do; the
pages of `/admin`. They are accounts of our own, since SUNAT's are what fails.
Does not own: what the pages show and change, which the rooms below do.
May import: contingency, login, links, mail, upstream_status, people, clients, signing, limits,
audit, web, settings, kernel.
"""
