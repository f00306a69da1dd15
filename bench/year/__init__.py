"""A year of SUNAT's faults against the prober's own detector and judgement; no network."""
