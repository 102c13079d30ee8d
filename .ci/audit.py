"""Known vulnerabilities of what the lock pins; says so where the advisories cannot be reached."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parents[1] / "requirements.lock"
SECONDS = 900
UNREACHED = re.compile(r"ConnectionError|Could not connect|Max retries|ProxyError|timed out")


def audited(lock: Path) -> tuple[str, str]:
    """Run pip-audit over a lock; return what it found, as JSON, and what it complained of."""
    options = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
    command = [sys.executable, "-m", "pip_audit", *options, "--requirement", str(lock)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        return "", str(error)
    return done.stdout, done.stderr


def judged(found: str, complaint: str) -> tuple[str, int]:
    """Say what the audit came to, and the exit status: 0 also where nothing could be looked up."""
    if not found.strip():
        last = (complaint.strip().splitlines() or ["no word"])[-1]
        if UNREACHED.search(complaint):
            return f"vulnerabilities: skipped, the advisories could not be reached ({last})", 0
        return f"vulnerabilities: the audit failed: {last}", 1
    packages: list[dict[str, Any]] = json.loads(found)["dependencies"]
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    # a mirror of the packages alone knows of no advisories, and that is no clean bill
    if len(skipped) == len(packages):
        return f"vulnerabilities: skipped, no advisories could be reached for {len(packages)} packages", 0
    known = [_line(package, advisory) for package in packages for advisory in package.get("vulns", ())]
    lines = [f"vulnerabilities: {len(known)} known in {len(packages) - len(skipped)} packages", *known]
    if skipped:
        lines.append(f"not looked up: {', '.join(skipped)}")
    return "\n".join(lines), int(bool(known))


def _line(package: dict[str, Any], advisory: dict[str, Any]) -> str:
    mended = ", ".join(advisory["fix_versions"]) or "no version yet"
    return f"  {package['name']} {package['version']}: {advisory['id']}, mended in {mended}"


if __name__ == "__main__":
    said, status = judged(*audited(LOCK))
    sys.stdout.write(f"{said}\n")
    sys.exit(status)
