"""Boxes in which bounces arrive.

Owns: reading a maildir and an IMAP folder. Does not own: what a bounce means.
May import: mail, kernel.
"""
