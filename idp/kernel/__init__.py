"""What every room may know: time, randomness, ids, identity, errors, events, shared ports.

Owns: the clock and the source of randomness, digests, realms and modes, the error type, the
event bus and the events that cross rooms, a circuit breaker, and the ports that several rooms need.
Does not own: any feature, any I/O.
May import: the standard library (and python-stdnum for the RUC).
"""
