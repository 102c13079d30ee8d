"""Commands run as by a user to whom the permissions of files apply, also where the tests run as root."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import checkout

BARS = "--bounding-set=-dac_override,-dac_read_search,-fowner"
"""Without these powers, permissions apply to root as well."""
SETPRIV = shutil.which("setpriv")


def run(root, home, *words):
    """Run a module of the environment in the project; return its code and output."""
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "LANG": "C.UTF-8"}
    environment |= {"PYTHONPATH": str(Path(checkout.HERE).parent / "src"), "HOME": str(home)}
    environment["GIT_CEILING_DIRECTORIES"] = str(root.parent)
    bars = [SETPRIV, BARS] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*bars, sys.executable, "-m", *words],
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout
