"""The site builds without a warning and resources nothing from other hosts."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
PROJECT = Path(__file__).parents[2]
LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
ABSOLUTE_URL = re.compile(r"(?:https?:)?//")


class Resources(HTMLParser):
    """The resources that a browser resources for a page, before its scripts run."""

    def __init__(self):
        super().__init__()
        self.addresses = []
        self.diagrams = 0

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.addresses += [values[LOADED[tag]]] if values.get(LOADED.get(tag)) else []
        self.diagrams += "mermaid" in (values.get("class") or "").split()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_no_page_loads_anything_from_another_host(site):
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        resources = Resources()
        resources.feed(page.read_text("utf-8"))
        assert "index.html" in page.name or resources.addresses
        assert [a for a in resources.addresses if ABSOLUTE_URL.match(a)] == [], page
        assert resources.diagrams == 0, f"{page}: the theme would load mermaid from a CDN"
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import\s*)[\"']?(?:https?:)?//", sheet.read_text("utf-8")), sheet


def test_all_loaded_files_exist(site):
    for page in site.rglob("*.html"):
        resources = Resources()
        resources.feed(page.read_text("utf-8"))
        for address in resources.addresses:
            if page.name != "404.html" and not address.startswith("data:"):
                assert (page.parent / address.partition("?")[0].partition("#")[0]).exists(), (page, address)
