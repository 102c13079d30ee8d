"""The recipes of deploy/: valid in their own formats, and with commands that work."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from ruamel.yaml import YAML

from seqops.cli import app
from seqops.retraining.cron import next_run

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = DEPLOY / "systemd"
MONDAYS_AT_3 = "0 3 * * 1"
CODES = [(0, 0), (10, 0), (11, 0), (12, 12), (13, 13), (1, 1), (130, 130)]


def documents(name):
    return list(YAML(typ="safe").load_all(DEPLOY / name))


def cron_line():
    """Return the time and the command of the line in deploy/crontab."""
    lines = (DEPLOY / "crontab").read_text().splitlines()
    [line] = [line for line in lines if line and not line.startswith(("#", "PATH="))]
    words = line.split(maxsplit=5)
    return " ".join(words[:5]), words[5]


def cronjob():
    [volume, job] = documents("kubernetes/cronjob.yaml")
    assert (volume["kind"], job["kind"]) == ("PersistentVolumeClaim", "CronJob")
    return job["spec"]


def pod():
    return cronjob()["jobTemplate"]["spec"]["template"]["spec"]


def container():
    [found] = pod()["containers"]
    return found


def workflow():
    [found] = documents("github/retrain.yml")
    return found


def workflow_step():
    [step] = [step for step in workflow()["jobs"]["retrain"]["steps"] if step.get("name") == "Retrain"]
    return step["run"]


def unit(name):
    """Return the settings of a unit; the last value of a repeated setting counts."""
    lines = (UNITS / name).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def docker_command():
    text = (DEPLOY / "Dockerfile").read_text()
    return YAML(typ="safe").load(re.search(r"^CMD (.*)$", text, re.M)[1])


RETRAINS = {
    "crontab": lambda: cron_line()[1],
    "systemd": lambda: unit("seqops-retrain.service")["ExecStart"],
    "kubernetes": lambda: container()["command"][2],
    "github": workflow_step,
    "docker": lambda: shlex.join(docker_command()),
    "readme": lambda: (DEPLOY / "README.md").read_text(),
}


@pytest.mark.parametrize("recipe", RETRAINS)
def test_every_seqops_command_in_a_recipe_parses(recipe):
    calls = re.findall(r"seqops ((?:retrain|schedule) [^|\n`#>]*)", RETRAINS[recipe]())
    assert calls
    for call in calls:
        name, *arguments = shlex.split(call)
        command = typer.main.get_command(app).commands[name]
        command.make_context(name, arguments)


def test_every_recipe_has_the_same_schedule():
    texts = [cron_line()[0], cronjob()["schedule"], workflow()["on"]["schedule"][0]["cron"]]
    assert texts == [MONDAYS_AT_3] * 3
    assert unit("seqops-retrain.timer")["OnCalendar"] == "Mon *-*-* 03:00:00"


def test_no_recipe_names_a_container_registry_or_a_secret():
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            text = path.read_text("utf-8")
            assert not re.search(r"\b(docker\.io|gcr\.io|quay\.io|ghcr\.io|pypi\.org)\b", text), path
    assert {c["image"] for c in [*pod()["containers"], *pod()["initContainers"]]} == {"IMAGE"}
    assert re.findall(r"^FROM (\S+)", (DEPLOY / "Dockerfile").read_text(), re.M) == ["python:3.11-slim"]


def test_a_cycle_that_hangs_is_stopped_after_the_same_time():
    assert unit("seqops-retrain.service")["TimeoutStartSec"] == "12h"
    assert cronjob()["jobTemplate"]["spec"]["activeDeadlineSeconds"] == 12 * 3600


# systemd


@pytest.fixture
def units(tmp_path):
    """The units with their placeholder filled in, as deploy/README.md says."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    program = tmp_path / ".venv" / "bin" / "seqops"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for path in UNITS.iterdir():
        (tmp_path / path.name).write_text(path.read_text().replace("PATH_TO_PROJECT", str(tmp_path)))
    return tmp_path


def analyze(*arguments):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze not found: apt-get install systemd")
    return subprocess.run(
        ["systemd-analyze", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TZ": "UTC", "LC_ALL": "C"},
    )


def test_systemd_accepts_the_units(units):
    done = analyze("verify", *(str(units / path.name) for path in UNITS.iterdir()))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_systemd_rates_the_service_as_sandboxed(units):
    done = analyze("security", "--offline=true", "--threshold=20", str(units / "seqops-retrain.service"))
    assert done.returncode == 0, done.stdout[-2000:]


def test_the_timer_and_the_crontab_line_have_the_same_schedule():
    done = analyze("calendar", "--iterations=3", "--base-time=2026-11-25 12:00:00 UTC", "Mon *-*-* 03:00:00")
    assert done.returncode == 0, done.stderr
    found = re.findall(r"\w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", done.stdout)
    now, expected = datetime(2026, 11, 25, 12, tzinfo=UTC), []
    for _ in range(3):
        now = next_run(MONDAYS_AT_3, now, UTC)
        expected.append(f"{now:%F %T}")
    assert found == expected


def test_the_service_has_the_documented_settings():
    service, timer = unit("seqops-retrain.service"), unit("seqops-retrain.timer")
    expected = {
        "Type": "oneshot",
        "User": "seqops",
        "SuccessExitStatus": "10 11",
        "NoNewPrivileges": "true",
        "ProtectSystem": "strict",
        "ReadWritePaths": "PATH_TO_PROJECT",
    }
    assert {key: service[key] for key in expected} == expected
    assert timer["Persistent"] == "true"


# Kubernetes


def test_kubernetes_accepts_the_manifest():
    validate = pytest.importorskip("kubernetes_validate", reason="pip install kubernetes-validate")
    for document in documents("kubernetes/cronjob.yaml"):
        validate.validate(document, "1.30", strict=True)
        validate.validate(document, validate.latest_version(), strict=True)


def test_the_cron_job_is_unprivileged_and_runs_one_at_a_time():
    spec = cronjob()
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["startingDeadlineSeconds"] == 21600
    assert pod()["securityContext"]["runAsNonRoot"] is True
    assert pod()["automountServiceAccountToken"] is False
    for part in [container(), *pod()["initContainers"]]:
        assert part["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert set(part["resources"]["limits"]) == {"cpu", "memory"}


def test_pod_and_image_agree_on_the_user_and_the_paths():
    text = (DEPLOY / "Dockerfile").read_text()
    assert f"USER {pod()['securityContext']['runAsUser']}\n" in text
    assert f"PYTHONPATH={container()['workingDir']}/src" in text
    mounts = {mount["mountPath"]: mount["name"] for mount in container()["volumeMounts"]}
    assert mounts == {"/volume": "project", "/tmp": "temporary"}
    assert {volume["name"] for volume in pod()["volumes"]} == set(mounts.values())
    claims = [
        v["persistentVolumeClaim"]["claimName"] for v in pod()["volumes"] if "persistentVolumeClaim" in v
    ]
    assert claims == [documents("kubernetes/cronjob.yaml")[0]["metadata"]["name"]]


def test_the_checkout_is_cloned_once(tmp_path):
    origin, volume = tmp_path / "origin", tmp_path / "volume"
    subprocess.run(["git", "init", "-q", str(origin)], check=True)
    volume.mkdir()
    [init] = pod()["initContainers"]
    shell, option, text = init["command"]
    text = text.replace("REPOSITORY", str(origin)).replace("/volume", str(volume))
    for _ in range(2):
        done = subprocess.run([shell, option, text], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert (volume / "project" / ".git").is_dir()


# exit codes


@pytest.fixture
def programs(tmp_path):
    """A folder of fake programs that exit with CODE and log their arguments."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("python", "seqops"):
        (folder / name).write_text(f"#!/bin/sh\necho {name} \"$@\" >> '{tmp_path}/called'\nexit $CODE\n")
        (folder / name).chmod(0o755)
    return folder


def shell(words, programs, code, **environment):
    path = f"{programs}:{os.environ['PATH']}"
    return subprocess.run(
        words,
        env={"PATH": path, "CODE": str(code), **environment},
        cwd=programs.parent,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("code", "expected"), CODES)
def test_a_job_fails_only_on_refused_data_and_errors(programs, code, expected):
    assert shell(container()["command"], programs, code).returncode == expected
    assert (programs.parent / "called").read_text() == "python -m seqops retrain --when new-data\n"


@pytest.mark.parametrize(("code", "expected"), CODES)
def test_a_workflow_fails_only_on_refused_data_and_errors(programs, code, expected):
    # as a runner runs a step without `shell`
    done = shell(["bash", "-e", "-c", workflow_step()], programs, code, MLFLOW_TRACKING_URI="https://example")
    assert done.returncode == expected
    assert (programs.parent / "called").read_text() == "seqops retrain --when always\n"


def test_a_workflow_without_a_tracking_server_fails_before_it_trains(programs):
    done = shell(["bash", "-e", "-c", workflow_step()], programs, 0, MLFLOW_TRACKING_URI="")
    assert done.returncode == 1
    assert "::error::the secret MLFLOW_TRACKING_URI is not set" in done.stdout
    assert not (programs.parent / "called").exists()


@pytest.mark.skipif(not shutil.which("flock"), reason="flock not found: apt-get install util-linux")
def test_the_crontab_line_runs_one_at_a_time(programs):
    project = programs.parent
    (project / ".state").mkdir()
    command = cron_line()[1].replace("PATH_TO_PROJECT", str(project))
    assert "%" not in command  # cron reads it as the end of a line
    assert shell(["sh", "-c", command], programs, 10).returncode == 10
    assert (project / "called").read_text() == "seqops retrain --when new-data\n"
    words = ["flock", str(project / ".state" / "cron.lock"), "sh", "-c", "echo held; read -r line"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout.readline() == b"held\n"
        assert shell(["sh", "-c", command], programs, 0).returncode == 1
        first.communicate(b"\n")
    assert (project / "called").read_text() == "seqops retrain --when new-data\n"


# GitHub Actions


def test_github_accepts_the_workflow():
    pytest.importorskip("check_jsonschema", reason="pip install check-jsonschema")
    words = [
        "check_jsonschema",
        "--builtin-schema",
        "vendor.github-workflows",
        str(DEPLOY / "github" / "retrain.yml"),
    ]
    done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflow_has_read_access_only_and_runs_one_at_a_time():
    found = workflow()
    assert found["permissions"] == {"contents": "read"}
    assert found["concurrency"] == {"group": "retrain", "cancel-in-progress": False}
    assert "workflow_dispatch" in found["on"]
    uses = [step["uses"] for step in found["jobs"]["retrain"]["steps"] if "uses" in step]
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", name) for name in uses)
    # a secret is passed through the environment, never in the text of a script
    assert "secrets." not in workflow_step()


def test_the_readme_lists_the_exit_codes():
    rows = re.findall(r"^\| (\d+) \| (\w+)", (DEPLOY / "README.md").read_text(), re.M)
    assert rows == [("0", "promoted"), ("10", "kept"), ("11", "nothing"), ("12", "data"), ("13", "failed")]
