"""What the provider is given before it starts, in one process: each of its own would take seconds.

python -m sandbox.demo.first PEOPLE.csv
"""

from __future__ import annotations

import sys

from idp.cli import main as idp
from sandbox.demo import past
from sandbox.demo.parts import WHO


def main(people: str) -> int:
    """Keys, tables, people and their past; the code of the first command that fails."""
    commands = (
        ("keys", "generate", "--as", WHO),
        ("data-keys", "generate"),
        ("db", "upgrade"),
        ("audit", "key", "init", "--as", WHO),
        ("users", "import", people, "--trust-emails", "--conflicts", "keep", "--as", WHO),
    )
    for words in commands:
        code = idp(words)
        if code:
            return code
    return past.main()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
