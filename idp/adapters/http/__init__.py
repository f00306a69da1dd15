"""Outbound HTTP: the one guarded client (`client.GuardedHttpClient`) and the rule of addresses.

Owns: where we may call, and how long and how much an answer may be. Does not own: what is asked.
May import: kernel (and urllib3).
"""
