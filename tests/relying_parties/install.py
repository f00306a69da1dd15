"""Gets what the relying parties of the tests are made of, before the tests, which reach loopback
only: `python -m tests.relying_parties.install`. Run again, it does nothing.

Exit code: 1 in CI if something cannot be had; elsewhere its tests are skipped and say why.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.relying_parties.programs import find

HERE = Path(__file__).resolve().parent
SPRING, NODE = HERE / "spring", HERE / "node"
JAR = SPRING / "target" / "componente.jar"
_NODE_LOCK = NODE / "node_modules" / ".package-lock.json"


def spring_ready() -> bool:
    """Whether the Spring component is built from the sources as they are."""
    sources = (SPRING / "pom.xml", *(SPRING / "src").rglob("*"))
    return JAR.exists() and JAR.stat().st_mtime > max(one.stat().st_mtime for one in sources)


def node_ready() -> bool:
    """Whether openid-client is there as the lock file wants it."""
    wanted = (NODE / "package-lock.json").stat().st_mtime
    return _NODE_LOCK.exists() and _NODE_LOCK.stat().st_mtime > wanted


def main() -> int:
    """Install what is missing; a line for each that cannot be."""
    maven = ["mvn", "--batch-mode", "--quiet", "--strict-checksums", "-DskipTests", "package"]
    failed = [] if spring_ready() else _run(maven, SPRING)
    failed += [] if node_ready() else _run(["npm", "ci", "--silent"], NODE)
    for one in failed:
        print(f"relying parties: {one}", file=sys.stderr)
    return 1 if failed and os.environ.get("CI") else 0


def _run(command: list[str], folder: Path) -> list[str]:
    program = find(command[0])
    if program is None:
        return [f"{command[0]} is not installed; its relying party will not be tried"]
    path = f"{Path(program).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [program, *command[1:]],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return []
    return [f"{' '.join(command)} failed: {(done.stdout + done.stderr)[-2_000:]}"]


if __name__ == "__main__":
    sys.exit(main())
