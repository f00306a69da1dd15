"""Known vulnerabilities in the locked requirements; without a network it is skipped, loudly."""

from __future__ import annotations

import subprocess
import sys

# What pip-audit says when the advisory service cannot be asked, as opposed to what it found.
_OFFLINE = (
    "ConnectionError", "ServiceError", "Max retries", "Name or service", "Connection refused",
    "ProxyError", "timed out", "SSLError", "HTTPError",
)  # fmt: skip


def main() -> int:
    """0 without findings or without a network, 1 with findings."""
    command = [
        *(sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"),
        *("--progress-spinner", "off", "--timeout", "15", "-r", "requirements/production.txt"),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        return _skipped("no answer within two minutes")
    if done.returncode == 0:
        print("dependency audit: no known vulnerability")
        return 0
    if any(word in done.stderr for word in _OFFLINE):
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        return _skipped(lines[-1][:200] if lines else "no network")
    print(done.stdout + done.stderr, file=sys.stderr)
    return 1


def _skipped(reason: str) -> int:
    print("=" * 72)
    print("DEPENDENCY AUDIT SKIPPED: the advisory service could not be asked.")
    print(reason)
    print("=" * 72)
    return 0


if __name__ == "__main__":
    sys.exit(main())
