"""The console's JSON API, for programs that watch over the provider or flip its flag.

Owns: the table of its operations, their shapes, how a repeated request does no harm.
Does not own: what any of it means (the rooms' services), HTTP (`admin.views.api`). Nothing of a
person is told here: who watches over a provider needs none of it.
"""
