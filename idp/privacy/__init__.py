"""What every room keeps of a person: given to them, erased, and for how long it is kept.

Owns: the list of what is held (each room's part registers in wiring), a person's copy of it in
clear, erasure and its list of identifiers, legal holds, the rules of retention and their purge.
Does not own: any room's table, the pages of it (`account`), who may ask.
May import: people, clients, audit, jobs, settings, kernel.
"""
