"""Components (relying parties): what each may do, read from `clients.yaml`.

Owns: the client and its policy, the file's JSON Schema and rules, finding every problem of it,
the registry that follows the file, client secrets.
Does not own: judging a request (oidc), judging a login by a client's policy (login), audit rows
(wiring is told of each reload).
May import: kernel (and PyYAML, jsonschema).
"""
