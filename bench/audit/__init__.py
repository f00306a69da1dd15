"""What sealing and verifying the audit log takes, by the number of its rows."""
