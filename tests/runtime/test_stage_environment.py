"""Stages run whatever shell the user has."""

import subprocess
import sys

from seqops.runtime.environment import stage_environment

PIPELINE = "stages:\n  write:\n    cmd: python -c \"open('out', 'w').write('done')\"\n    outs: [out]\n"


def test_a_stage_of_a_user_who_may_not_log_in_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("SHELL", "/bin/false")
    (tmp_path / "dvc.yaml").write_text(PIPELINE)
    for words in (["init", "--no-scm", "--quiet"], ["repro", "--quiet"]):
        command = [sys.executable, "-m", "dvc", *words]
        subprocess.run(command, cwd=tmp_path, env=stage_environment(), check=True)
    assert (tmp_path / "out").read_text() == "done"
