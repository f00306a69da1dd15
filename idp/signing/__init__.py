"""Our signing keys, and every signature that is ours.

Owns: the keyring over `keys/` (PEM files and `keyring.json`), generating keys, the JWKS, signing
and checking our own tokens.
Does not own: what a token says (oidc), tokens of others (federation), when to make a key (cli).
May import: kernel (and joserfc, cryptography).
"""
