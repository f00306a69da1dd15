"""What happened, for whoever must answer for it later.

Owns: the closed list of security events, the record of one, writing and searching them.
Does not own: when something is worth recording (each room says so), logs and metrics.
May import: kernel.
"""
