"""The worst day in small: thousands ask for a link within minutes, and things break meanwhile."""
