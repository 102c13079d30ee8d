"""The page of registered models in a browser: as wide as a telephone, in both colours."""

import html
import re
from datetime import UTC, datetime, timedelta

import matplotlib.image
import numpy as np
import pytest

from chromium import render
from seqops.registry import publish
from seqops.registry.compare import compare_versions
from seqops.registry.overview import overview_of
from seqops.registry.overview_page import write_overview
from toy_registry import BAD, BETTER, BOOTSTRAP, GOOD, create_toy_registry, stub_bundle

pytestmark = pytest.mark.browser
TELEPHONE, WINDOW = 390, 1200  # pixels
NARROW = """<body style="margin:0"><iframe style="width:{width}px;height:1800px;border:0" srcdoc="{page}">
</iframe><script>onload = () => {{ const inner = document.querySelector("iframe").contentDocument;
document.title = inner.documentElement.scrollWidth + " " + inner.querySelectorAll("tr:not(.more)").length }}
</script>"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setattr(publish, "log_bundle", stub_bundle)
        toy = create_toy_registry(root, "a-classifier-with-a-rather-long-name")
        for correct in (GOOD, BETTER, BAD):
            toy.make(correct)
        summaries = compare_versions(toy.client, toy.model, 9, None, BOOTSTRAP)
        first = datetime(2026, 3, 2, tzinfo=UTC)
        decisions = [
            {**entry, "time": (first + timedelta(days=day)).isoformat()}
            for day, entry in enumerate(toy.champion_alias.decisions())
        ]
        model = overview_of(toy.client, "toy", toy.model, summaries, decisions, 0.05)
    write_overview(root / "models.html", [model])
    return (root / "models.html").read_text("utf-8")


@pytest.mark.parametrize("width", [TELEPHONE, WINDOW])
def test_no_part_is_wider_than_the_page(page, tmp_path, width):
    (tmp_path / "frame.html").write_text(NARROW.format(width=width, page=html.escape(page)))
    picture = tmp_path / "page.png"
    shown = render((tmp_path / "frame.html").as_uri(), picture, tmp_path / "profile")
    title = re.search(r"<title>(\d+) (\d+)</title>", shown)
    assert title is not None and title.groups() == (str(width), "4")  # the head and three versions
    colours = np.unique(matplotlib.image.imread(picture).reshape(-1, 4)[:, :3], axis=0)
    assert len(colours) > 50
