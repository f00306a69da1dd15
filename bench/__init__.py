"""Measurements: `make bench`. Figures are read, never asserted (they are the machine's too).

But for `bench.alike`, which compares what one machine did with itself, and `bench.surge`, which
counts what was lost.
"""
