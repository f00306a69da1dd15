"""What the process tells operators: structured logs (metrics and traces have their place here).

Owns: the form of a log line, and the masking of secrets in paths.
Does not own: what is worth logging.
May import: kernel.
"""
