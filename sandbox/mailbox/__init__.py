"""An SMTP catcher with a mailbox page: what the demo's people read their mail in."""
