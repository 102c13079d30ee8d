"""The documentation names only keys, commands and options that exist."""

import re
import shlex
from pathlib import Path

import typer

from seqops.cli import app
from seqops.params import Params

PROJECT = Path(__file__).parents[2]
PARAMS = Params.load(PROJECT / "params.yaml")
SHARED = [name for name in PARAMS.content if name != "tasks"]
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
COMMANDS = typer.main.get_command(app).commands


def keys():
    """List the keys that pages name in backticks: page, task (None: any), section, key."""
    for page in PAGES:
        text = page.read_text("utf-8")
        task = page.stem if page.stem in PARAMS.names else None
        for section, key in re.findall(
            rf"`({'|'.join(SHARED)}|data|model|fit)\.(?!json)([a-z_]+)[`: ]", text
        ):
            yield page, task, section, key


def commands():
    """List the seqops commands in the shell blocks of the pages: page, words after `seqops`."""
    for page in PAGES:
        for block in re.findall(r"^```sh\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            for line in re.findall(r"^seqops .*", block, re.MULTILINE):
                yield page, shlex.split(line, comments=True)[1:]


def test_every_key_on_a_page_is_in_params_yaml():
    found, unknown = list(keys()), []
    assert len(found) > 40
    for page, task, section, key in found:
        tasks = [PARAMS.content["tasks"][name] for name in ([task] if task else PARAMS.names)]
        sections = [PARAMS.content[section]] if section in SHARED else [part[section] for part in tasks]
        if not any(key in known for known in sections):
            unknown.append(f"{page.name}: {section}.{key}")
    assert unknown == []


def test_every_command_on_a_page_exists_with_its_options():
    found, unknown = list(commands()), []
    assert len(found) > 20
    for page, (name, *words) in found:
        known = {option for parameter in COMMANDS[name].params for option in parameter.opts}
        options = [word for word in words if word.startswith("--")]
        unknown += [f"{page.name}: seqops {name} {option}" for option in options if option not in known]
    assert unknown == []


def test_inputs_on_the_pages_have_only_words_of_the_embedded_samples():
    unknown, asked = [], set()
    for task in ("translation", "sentiment", "textgen"):
        sample = b"".join(PARAMS.task(task).data.sample().values()).decode()
        known = set(re.findall(r"\w+", sample.lower()))
        for page, (name, *words) in commands():
            if name in ("predict", "generate") and words[0] == task and not words[1].startswith(("-", "{")):
                asked.add(task)
                unknown += [(page.name, w) for w in re.findall(r"\w+", words[1].lower()) if w not in known]
    assert (asked, unknown) == ({"translation", "sentiment", "textgen"}, [])
