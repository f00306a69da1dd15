"""A million people: what importing them takes, and whether finding one stays as cheap."""
