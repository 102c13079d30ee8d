"""What no program of the project may do; and each rule catches what it is for."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("src", "pipelines", "deploy", ".ci")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
# what is no Python: recipes, units, compose files
RECIPES = sorted(
    path
    for path in (ROOT / "deploy").rglob("*")
    if path.is_file() and path.suffix not in (".py", ".pyc", ".md")
)
UNPICKLERS = {"pickle", "cPickle", "cloudpickle", "marshal", "shelve", "dill", "joblib"}
EVERYWHERE = {"0.0.0.0", "::", "[::]"}
ASKS = re.compile(
    r"(requests|session|self\._session)\.(get|post|put|patch|delete|head|options|request)|(.*\.)?urlopen"
)


def given(node):
    return {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def unpickled(tree):
    return [name for name in imports(tree) if name.partition(".")[0] in UNPICKLERS]


def calls(matches):
    """Make a rule of what a call's dotted name and its node must not be."""

    def rule(tree):
        found = ((ast.unparse(n.func), n) for n in ast.walk(tree) if isinstance(n, ast.Call))
        return [name for name, node in found if matches(name, node)]

    return rule


def is_text(node):
    """Tell a string: literal, formatted, joined or added up."""
    if isinstance(node, ast.Call):
        return ast.unparse(node.func).endswith((".join", ".format")) or ast.unparse(node.func) == "str"
    if isinstance(node, ast.BinOp):
        return is_text(node.left) or is_text(node.right)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def in_a_shell(name, node):
    if name in {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"}:
        return True
    if given(node).get("shell", "False") != "False":
        return True
    return name.startswith("subprocess.") and bool(node.args) and is_text(node.args[0])


def unsafely_loaded(name, node):
    known = given(node)
    if name.endswith(("enable_unsafe_deserialization", ".read_pickle", ".to_pickle")):
        return True
    if known.get("allow_pickle", "False") != "False" or known.get("safe_mode", "True") != "True":
        return True
    return name in {"np.load", "np.save", "numpy.load", "numpy.save"} and "allow_pickle" not in known


def yaml_loaded(name, node):
    if name in {"yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load"}:
        return True
    return name == "YAML" and given(node).get("typ", "'rt'") not in {"'rt'", "'safe'"}


def open_to_all(tree):
    return [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and n.value in EVERYWHERE]


RULES = {
    "unpickled": unpickled,
    "evaluated": calls(lambda name, node: name in {"eval", "exec", "compile", "__import__"}),
    "yaml loaded": calls(yaml_loaded),
    "in a shell": calls(in_a_shell),
    "unsafely loaded": calls(unsafely_loaded),
    "a lambda in a model": calls(lambda name, node: name == "Lambda" or name.endswith("layers.Lambda")),
    "a name without a file": calls(lambda name, node: name in {"tempfile.mktemp", "mktemp", "os.tempnam"}),
    "waits for ever": calls(lambda name, node: bool(ASKS.fullmatch(name)) and "timeout" not in given(node)),
    "unverified": calls(
        lambda name, node: (
            given(node).get("verify", "True") == "False" or name.endswith("_create_unverified_context")
        )
    ),
    "unpacked whole": calls(lambda name, node: name.endswith((".extractall", "unpack_archive"))),
    "open to all": open_to_all,
}
CAUGHT = {
    "unpickled": [
        "import pickle",
        "from joblib import load",
        "import marshal as m",
        "import json, dill",
    ],
    "evaluated": ["eval('1')", "exec(code)", "compile(text, 'name', 'exec')", "__import__('os')"],
    "yaml loaded": ["yaml.load(text)", "yaml.unsafe_load(text)", "YAML(typ='unsafe')"],
    "in a shell": [
        "os.system('ls')",
        "subprocess.run(command, shell=True)",
        "subprocess.run('ls')",
        "subprocess.Popen(f'ls {path}')",
        "subprocess.run('ls ' + path)",
        "subprocess.check_call(' '.join(command))",
    ],
    "unsafely loaded": [
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "keras.models.load_model(path, safe_mode=False)",
        "keras.config.enable_unsafe_deserialization()",
        "pd.read_pickle(path)",
        "table.to_pickle(path)",
    ],
    "a lambda in a model": ["keras.layers.Lambda(f)", "layers.Lambda(f)", "Lambda(f)"],
    "a name without a file": ["tempfile.mktemp()"],
    "waits for ever": [
        "requests.get(url)",
        "session.get(url, stream=True)",
        "urllib.request.urlopen(url)",
        "requests.request('GET', url)",
    ],
    "unverified": ["requests.get(url, verify=False, timeout=1)", "ssl._create_unverified_context()"],
    "unpacked whole": ["tar.extractall(to)", "shutil.unpack_archive(path)"],
    "open to all": ["server.bind(('0.0.0.0', 80))", "command = ['--host', '::']"],
}
LEFT_ALONE = """
import json
import re
from tempfile import mkdtemp
re.compile("a")
model.compile("sgd")
subprocess.run([sys.executable, "-m", "dvc"], check=False)
subprocess.run(command, cwd=root, check=False)
np.load(path, allow_pickle=False)
keras.models.load_model(path)
YAML(typ="safe").load(text)
requests.get(url, timeout=5)
cases.get("a")
json.load(file)
server.bind(("127.0.0.1", 80))
"""


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_source_does_what_is_forbidden(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert {name: found for name, rule in RULES.items() if (found := rule(tree))} == {}


@pytest.mark.parametrize("name", RULES)
def test_each_rule_catches_what_it_is_for_and_nothing_else(name):
    for sample in CAUGHT[name]:
        caught = [rule for rule in RULES if RULES[rule](ast.parse(sample))]
        assert name in caught, sample
    assert RULES[name](ast.parse(LEFT_ALONE)) == []


def listens_to_all(text):
    lines = (line.partition("#")[0] for line in text.splitlines())
    return [line for line in lines if re.search(r"(?<![\d.])0\.0\.0\.0(?![\d.])|\[::\]", line)]


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_recipe_listens_to_every_machine(path):
    assert listens_to_all(path.read_text("utf-8")) == []


def test_a_recipe_that_listens_to_every_machine_would_be_caught():
    for sample in ("mlflow server --host 0.0.0.0", 'ports: ["0.0.0.0:5000:5000"]', "bind [::]:80"):
        assert listens_to_all(sample)
    for sample in ("# never 0.0.0.0", "--host 127.0.0.1", "version 10.0.0.0"):
        assert not listens_to_all(sample)


def test_there_is_something_to_look_at():
    assert len(SOURCES) > 100 and (ROOT / "deploy" / "mlflow" / "serve") in RECIPES
