"""What the process tells operators: structured logs (metrics and traces have their place here).

Owns: the form of a log line; of an exception it tells type and place, never the text.
Does not own: what is worth logging.
May import: kernel.
"""
