"""Whether a stranger can tell who exists: the same bytes and the same times for everybody.

Owns: the kinds of people, what each of them does at the server, the verdict. Figures are printed;
the verdict is the exit code.
"""
