"""Whether each upstream can be used now: the flag that decides between SUNAT and contingency.

Owns: the flag of each upstream with its history, its effect in every process within a second.
Does not own: what is done about it (login decides), how it is shown.
Drills (`drill*.py`): some people are shown the contingency while SUNAT works.
May import: people (drills alone), audit, kernel.
"""
