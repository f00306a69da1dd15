"""Persons: who they are to us, how they may be reached, and what of them is told to whom.

Owns: persons with their identifiers and `sub`, who was joined with whom, subs that are retired,
addresses and their verification, consent, who is eligible for contingency and what is told before
the day to who is not, who could enter today, whom a campaign asks and who got its mail, claims,
masking of personal data, known browsers, the CSV import.
Does not own: logging in, mails (it says what is to be told), rate limits, forms.
May import: audit, web's plot, kernel (and email-validator for the form of an address).
"""
