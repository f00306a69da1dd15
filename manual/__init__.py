"""`make manual`: the users' manual, written anew from the running demo, in HTML and PDF.

The text is in `templates/ayuda`; `idp.help` reads it. Here the demo is walked in a browser: each
screen that the text shows is reached and pictured, and each label that the text speaks of is looked
up on its screen. What is no longer there is a problem, and with a problem nothing is written.
"""
