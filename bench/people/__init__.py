"""A million people: what importing them takes, whether finding one stays as cheap, and counting."""
