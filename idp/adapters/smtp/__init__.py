"""The SMTP relay, by Flask-Mail.

Owns: the connection (verified TLS, time-outs) and the translation of SMTP's answers.
Does not own: what is sent, retries. May import: mail, kernel.
"""
