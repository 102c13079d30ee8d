"""A pipeline with secrets in its environment: no stage or command writes or prints one of them."""

import os
import secrets
import shutil
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from checkout import NAMES, project
from http_server import serving
from postgres import binaries
from seqops.core.project import Project
from seqops.params import Params

pytest_plugins = ("postgres", "mlflow_server")
pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
NAME = NAMES[0]


@pytest.fixture(scope="module")
def address():
    """Serve the sample of a task to clients with the token, after one redirect."""
    content = next(iter(Params.load(ROOT / "params.yaml").task(NAME).data.sample().values()))
    token = f"t0ken{secrets.token_hex(8)}"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if not self.path.endswith(f"?token={token}"):
                self.send_error(403)
            elif self.path.startswith("/moved/"):
                self.send_response(302)
                self.send_header("Location", self.path.removeprefix("/moved"))
                self.end_headers()
            else:
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *arguments):
            """Keep the test output clean."""

    with serving(Handler) as started:
        yield f"{started.origin}/moved/series.csv?token=$A_TOKEN", token


def checkout(root, source):
    """Create a DVC project of one task whose source is the address."""
    project(root)
    shutil.copytree(ROOT / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__"))
    yaml = YAML()
    document = yaml.load(root / "params.yaml")
    document["tasks"] = {NAME: {**document["tasks"][NAME], "source": source}}
    document["tasks"][NAME]["model"]["ensemble_size"] = 1
    yaml.dump(document, root / "params.yaml")
    return Project(root)


def environment(store, server, token, password):
    hidden = {name: f"{name}{secrets.token_hex(8)}" for name in ("mirror", "proxy", "studies")}
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "SEQOPS_"))},
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(store.root / "src"),
        "SEQOPS_ROOT": str(store.root),
        "MLFLOW_TRACKING_URI": server.url.replace("://", f"://admin:{password}@"),
        "A_TOKEN": token,
        "SEQOPS_MIRROR": f"http://ann:{hidden['mirror']}@127.0.0.1:9/data?key={hidden['mirror']}",
        "SEQOPS_STUDIES": f"postgresql+psycopg://ann:{hidden['studies']}@127.0.0.1:9/none",
        "HTTP_PROXY": f"http://ann:{hidden['proxy']}@127.0.0.1:9",
        "HTTPS_PROXY": f"http://ann:{hidden['proxy']}@127.0.0.1:9",
        "NO_PROXY": "127.0.0.1",
    }
    return variables, [token, password, *hidden.values()]


def dump_database(server):
    """Return a dump of the tracking server's database."""
    address = server.environment["MLFLOW_BACKEND_STORE_URI"].replace("+psycopg", "")
    command = [binaries() / "pg_dump", "--inserts", address]
    done = subprocess.run(command, env=server.environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_no_secret_is_written_or_printed(address, server, password, tmp_path):
    source, token = address
    store = checkout(tmp_path / "project", source)
    variables, hidden = environment(store, server, token, password)

    def run(*command):
        done = subprocess.run(command, cwd=store.root, env=variables, capture_output=True, check=False)
        return done.returncode, done.stdout + done.stderr

    assert run(BIN / "dvc", "init", "--no-scm", "--quiet")[0] == 0
    status, output = run(BIN / "dvc", "repro", "--verbose", f"evaluate@{NAME}")
    assert status == 0, output.decode()
    seqops = (sys.executable, "-m", "seqops")
    outputs = [output]
    for command in (["results"], ["doctor"], ["tune", NAME, "--debug"]):
        outputs.append(run(*seqops, *command)[1])
    assert b"postgresql+psycopg://***@127.0.0.1:9/none" in outputs[-1]
    assert b"Traceback" in outputs[-1] and b"Traceback" not in b"".join(outputs[:-1])
    database = dump_database(server)
    assert b"/moved/series.csv?token=***" in database
    assert b"token=$A_TOKEN" in (store.root / "dvc.lock").read_bytes()
    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    stored = {path: path.read_bytes() for path in server.folder.rglob("*") if path.is_file()}
    assert any(path.name == "report.html" for path in written)
    assert any(path.name == "params.json" for path in stored)
    everything = {"the database": database, "the output": b"".join(outputs), **written, **stored}
    for secret in hidden:
        assert [str(where) for where, content in everything.items() if secret.encode() in content] == []
