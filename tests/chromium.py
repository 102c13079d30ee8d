"""A headless browser: the text of a page after rendering, and a screenshot."""

import os
import shutil
import subprocess

import pytest

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--window-size=1600,1000",
    "--virtual-time-budget=20000",
]


def installed():
    """Return Chromium's path; install Debian's package if possible, otherwise skip the test."""
    if shutil.which("chromium") is None and shutil.which("apt-get") and os.geteuid() == 0:
        for command in (["apt-get", "-qq", "update"], ["apt-get", "-qq", "install", "-y", "chromium"]):
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(command, env=environment, capture_output=True, check=False)
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("chromium not found, and apt-get could not install it (it needs root)")
    return found


def render(url, picture, profile):
    """Open a page with this profile; return its DOM after rendering, and write a screenshot."""
    command = [
        installed(),
        *FLAGS,
        f"--user-data-dir={profile}",
        f"--screenshot={picture}",
        "--dump-dom",
        url,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
