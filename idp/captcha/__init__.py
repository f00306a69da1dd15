"""No soy un robot: one table of captcha vendors.

Owns: the vendors (widget, verification, what their scripts need of the CSP), and that a solution
serves once and only for the login it was given to. Does not own: the form around it.
May import: people, clients, signing, limits, audit, jobs, web, settings, kernel.
"""
