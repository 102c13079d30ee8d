"""What no source file of the project may do; and tests that each rule catches it."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("src", "pipelines", "deploy", ".ci")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
# not Python: recipes, units, compose files
RECIPES = sorted(
    path
    for path in (ROOT / "deploy").rglob("*")
    if path.is_file() and path.suffix not in (".py", ".pyc", ".md")
)
UNPICKLERS = {"pickle", "cPickle", "cloudpickle", "marshal", "shelve", "dill", "joblib"}
EVERYWHERE = {"0.0.0.0", "::", "[::]"}
REQUEST = re.compile(
    r"(requests|session|self\._session)\.(get|post|put|patch|delete|head|options|request)|(.*\.)?urlopen"
)


def keywords(node):
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
    """Make a rule that reports calls by their dotted name and their node."""

    def rule(tree):
        found = ((ast.unparse(n.func), n) for n in ast.walk(tree) if isinstance(n, ast.Call))
        return [name for name, node in found if matches(name, node)]

    return rule


def is_text(node):
    """Return whether a node is a string: literal, formatted, joined or concatenated."""
    if isinstance(node, ast.Call):
        return ast.unparse(node.func).endswith((".join", ".format")) or ast.unparse(node.func) == "str"
    if isinstance(node, ast.BinOp):
        return is_text(node.left) or is_text(node.right)
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def in_a_shell(name, node):
    if name in {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"}:
        return True
    if keywords(node).get("shell", "False") != "False":
        return True
    return name.startswith("subprocess.") and bool(node.args) and is_text(node.args[0])


def unsafely_loaded(name, node):
    known = keywords(node)
    if name.endswith(("enable_unsafe_deserialization", ".read_pickle", ".to_pickle")):
        return True
    if known.get("allow_pickle", "False") != "False" or known.get("safe_mode", "True") != "True":
        return True
    return name in {"np.load", "np.save", "numpy.load", "numpy.save"} and "allow_pickle" not in known


def yaml_loaded(name, node):
    if name in {"yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load"}:
        return True
    return name == "YAML" and keywords(node).get("typ", "'rt'") not in {"'rt'", "'safe'"}


def listening_on_all(tree):
    return [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and n.value in EVERYWHERE]


RULES = {
    "unpickling": unpickled,
    "evaluation": calls(lambda name, node: name in {"eval", "exec", "compile", "__import__"}),
    "unsafe YAML": calls(yaml_loaded),
    "shell command": calls(in_a_shell),
    "unsafe load": calls(unsafely_loaded),
    "lambda layer": calls(lambda name, node: name == "Lambda" or name.endswith("layers.Lambda")),
    "unsafe temporary name": calls(lambda name, node: name in {"tempfile.mktemp", "mktemp", "os.tempnam"}),
    "without a timeout": calls(
        lambda name, node: bool(REQUEST.fullmatch(name)) and "timeout" not in keywords(node)
    ),
    "unverified": calls(
        lambda name, node: (
            keywords(node).get("verify", "True") == "False" or name.endswith("_create_unverified_context")
        )
    ),
    "unsafe extraction": calls(lambda name, node: name.endswith((".extractall", "unpack_archive"))),
    "listens on all": listening_on_all,
}
FORBIDDEN = {
    "unpickling": [
        "import pickle",
        "from joblib import load",
        "import marshal as m",
        "import json, dill",
    ],
    "evaluation": ["eval('1')", "exec(code)", "compile(text, 'name', 'exec')", "__import__('os')"],
    "unsafe YAML": ["yaml.load(text)", "yaml.unsafe_load(text)", "YAML(typ='unsafe')"],
    "shell command": [
        "os.system('ls')",
        "subprocess.run(command, shell=True)",
        "subprocess.run('ls')",
        "subprocess.Popen(f'ls {path}')",
        "subprocess.run('ls ' + path)",
        "subprocess.check_call(' '.join(command))",
    ],
    "unsafe load": [
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "keras.models.load_model(path, safe_mode=False)",
        "keras.config.enable_unsafe_deserialization()",
        "pd.read_pickle(path)",
        "table.to_pickle(path)",
    ],
    "lambda layer": ["keras.layers.Lambda(f)", "layers.Lambda(f)", "Lambda(f)"],
    "unsafe temporary name": ["tempfile.mktemp()"],
    "without a timeout": [
        "requests.get(url)",
        "session.get(url, stream=True)",
        "urllib.request.urlopen(url)",
        "requests.request('GET', url)",
    ],
    "unverified": ["requests.get(url, verify=False, timeout=1)", "ssl._create_unverified_context()"],
    "unsafe extraction": ["tar.extractall(to)", "shutil.unpack_archive(path)"],
    "listens on all": ["server.bind(('0.0.0.0', 80))", "command = ['--host', '::']"],
}
ALLOWED = """
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
def test_no_source_breaks_a_rule(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert {name: found for name, rule in RULES.items() if (found := rule(tree))} == {}


@pytest.mark.parametrize("name", RULES)
def test_each_rule_catches_its_samples_and_nothing_else(name):
    for sample in FORBIDDEN[name]:
        caught = [rule for rule in RULES if RULES[rule](ast.parse(sample))]
        assert name in caught, sample
    assert RULES[name](ast.parse(ALLOWED)) == []


def listens_on_all(text):
    lines = (line.partition("#")[0] for line in text.splitlines())
    return [line for line in lines if re.search(r"(?<![\d.])0\.0\.0\.0(?![\d.])|\[::\]", line)]


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_recipe_listens_on_all_addresses(path):
    assert listens_on_all(path.read_text("utf-8")) == []


def test_a_recipe_that_listens_on_all_addresses_would_be_caught():
    for sample in ("mlflow server --host 0.0.0.0", 'ports: ["0.0.0.0:5000:5000"]', "bind [::]:80"):
        assert listens_on_all(sample)
    for sample in ("# never 0.0.0.0", "--host 127.0.0.1", "version 10.0.0.0"):
        assert not listens_on_all(sample)


def test_there_are_files_to_check():
    assert len(SOURCES) > 100 and (ROOT / "deploy" / "mlflow" / "serve") in RECIPES
