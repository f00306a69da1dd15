"""Redis (or Valkey) behind the ports of the rooms: transactions, sessions, codes, links, limits.

Owns: the connection, Lua scripts, key names. Each transition is one script: it compares, marks
spent and writes in one step, so that parallel attempts have exactly one winner.
Does not own: any policy; what a record means.
May import: the rooms' ports and values, kernel, redis.
"""
