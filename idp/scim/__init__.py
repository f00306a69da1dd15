"""SCIM 2.0 (RFC 7643, RFC 7644): VUCE's own system keeps its people and ours in step.

Owns: `/scim/v2`, the schema of a User with our extension, filters, patches, pages, bulk, versions,
and the mail to an address that such a system replaced.
Does not own: whose word counts (`people`), tokens (`kernel.ports.AccessTokens`), the events that
tell systems of changes (`deliveries`).
May import: login, links, captcha, mail, deliveries, upstream_status, people, clients, signing,
limits, audit, jobs, web, settings, kernel; scim2_models and pydantic, which no other room knows.
"""
