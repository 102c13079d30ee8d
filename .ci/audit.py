"""Check the locked packages for known vulnerabilities; skip the check if the advisories are unreachable."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCKS = [Path(__file__).parents[1] / name for name in ("requirements.lock", "build.lock")]
SECONDS = 900
UNREACHABLE = re.compile(r"ConnectionError|Could not connect|Max retries|ProxyError|timed out")


def audited(locks: list[Path]) -> tuple[str, str]:
    """Run pip-audit on lock files together; return its JSON output and its stderr."""
    options = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
    files = [word for lock in locks for word in ("--requirement", str(lock))]
    command = [sys.executable, "-m", "pip_audit", *options, *files]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        return "", str(error)
    return done.stdout, done.stderr


def summary(found: str, errors: str) -> tuple[str, int]:
    """Return the result of the audit in words, and the exit status: 0 also if nothing could be looked up."""
    if not found.strip():
        last = (errors.strip().splitlines() or ["no output"])[-1]
        if UNREACHABLE.search(errors):
            return f"vulnerabilities: skipped, the advisories could not be reached ({last})", 0
        return f"vulnerabilities: the audit failed: {last}", 1
    packages: list[dict[str, Any]] = json.loads(found)["dependencies"]
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    # a mirror with packages only has no advisories: that is not a clean result
    if len(skipped) == len(packages):
        return f"vulnerabilities: skipped, no advisories could be reached for {len(packages)} packages", 0
    known = [_line(package, advisory) for package in packages for advisory in package.get("vulns", ())]
    lines = [f"vulnerabilities: {len(known)} known in {len(packages) - len(skipped)} packages", *known]
    if skipped:
        lines.append(f"not looked up: {', '.join(skipped)}")
    return "\n".join(lines), int(bool(known))


def _line(package: dict[str, Any], advisory: dict[str, Any]) -> str:
    fixed = ", ".join(advisory["fix_versions"]) or "no version yet"
    return f"  {package['name']} {package['version']}: {advisory['id']}, fixed in {fixed}"


if __name__ == "__main__":
    text, status = summary(*audited(LOCKS))
    sys.stdout.write(f"{text}\n")
    sys.exit(status)
