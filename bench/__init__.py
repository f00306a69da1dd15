"""Measurements: `make bench`. Figures are read, never asserted (they are the machine's too).

But for `bench.alike`: that compares what one machine did with itself.
"""
