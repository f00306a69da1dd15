"""Measurements: `make bench`. Figures are read, never asserted: they are the machine's too."""
