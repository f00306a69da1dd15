"""The queue of background work: dramatiq on Redis.

Owns: the broker's settings, actors made from the table of jobs, the worker's loop.
Does not own: the handlers. May import: jobs, kernel.
"""
