"""The report of `make audit`, and when it fails."""

import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
module = runpy.run_path(str(ROOT / ".ci" / "audit.py"))
summary = module["summary"]
CLEAN = {"name": "numpy", "version": "2.4.6", "vulns": []}
KNOWN = {
    "name": "old",
    "version": "1.0",
    "vulns": [{"id": "GHSA-1", "fix_versions": ["1.1", "2.0"]}, {"id": "GHSA-2", "fix_versions": []}],
}
SKIPPED = {"name": "own", "skip_reason": "Dependency not found on PyPI"}


def audit(*packages):
    return summary(json.dumps({"dependencies": packages}), "")


def test_everything_that_is_installed_is_audited():
    assert [lock.name for lock in module["LOCKS"] if lock.is_file()] == ["requirements.lock", "build.lock"]


def test_a_known_vulnerability_fails_and_is_reported_with_the_fixed_version():
    assert audit(CLEAN, KNOWN) == (
        "vulnerabilities: 2 known in 2 packages\n"
        "  old 1.0: GHSA-1, fixed in 1.1, 2.0\n"
        "  old 1.0: GHSA-2, fixed in no version yet",
        1,
    )


def test_a_clean_lock_passes_and_reports_what_was_not_looked_up():
    assert audit(CLEAN) == ("vulnerabilities: 0 known in 1 packages", 0)
    assert audit(CLEAN, SKIPPED) == ("vulnerabilities: 0 known in 1 packages\nnot looked up: own", 0)


def test_with_all_packages_skipped_nothing_is_reported_as_clean():
    output, status = audit(SKIPPED, SKIPPED)
    assert status == 0 and "skipped" in output and "0 known" not in output


@pytest.mark.parametrize(
    "error",
    [
        "ConnectionError: Max retries exceeded",
        "Could not connect to the feed",
        "timed out after 900",
    ],
)
def test_without_a_network_the_audit_is_skipped_with_a_message(error):
    output, status = summary("", error)
    assert status == 0 and output.startswith("vulnerabilities: skipped") and error in output


def test_an_invalid_lock_is_not_reported_as_a_missing_network():
    output, status = summary("", "ERROR: requirement numpy does not contain a hash")
    assert status == 1 and "does not contain a hash" in output


def licences(folder):
    command = [Path(sys.executable).parent / "pip-licenses"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_every_licence_is_accepted_and_another_one_fails(tmp_path):
    settings = (ROOT / "pyproject.toml").read_text("utf-8")
    assert licences(ROOT).returncode == 0
    (tmp_path / "pyproject.toml").write_text(settings.replace("LGPL-3.0-only\n", "\n"), "utf-8")
    refused = licences(tmp_path)
    assert refused.returncode == 1 and "LGPL-3.0-only not in allow-only" in refused.stderr


def test_bandit_passes_and_catches_a_shell(tmp_path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "bad.py").write_text("import subprocess\nsubprocess.run('ls', shell=True)\n")
    command = [sys.executable, "-m", "bandit", "--quiet", "--configfile", "pyproject.toml", "--recursive"]
    sources = ["src/seqops", "pipelines", "deploy", ".ci"]
    assert subprocess.run([*command, *sources], cwd=ROOT, check=False).returncode == 0
    caught = subprocess.run([*command, "."], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert caught.returncode == 1 and "B602" in caught.stdout
