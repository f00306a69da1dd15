"""Writing a report as PDF.

Owns: the looks of it on paper. Does not own: what it says (`web.report`).
May import: web, kernel.
"""
