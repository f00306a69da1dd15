"""The users' manual: its text, and `/ayuda`.

Owns: the manual's form of Markdown (screens, labels, anchors), what it says of the settings, the
page `/ayuda`, and serving what `make manual` built (pictures, PDF).
Does not own: the walk that takes the pictures and looks each label up (`manual`, beside `bench`).
May import: web, settings, kernel.
"""
