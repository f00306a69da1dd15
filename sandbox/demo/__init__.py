"""`make demo`: a whole VUCE on one machine, with one Ctrl-C to end it all."""
