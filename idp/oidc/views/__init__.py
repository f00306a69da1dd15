"""Flask's side of the provider: parse, call one service, write the answer."""
