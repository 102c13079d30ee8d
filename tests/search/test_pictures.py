"""Pictures of a study: what is drawn, what is left out, and that the page asks nobody for anything."""

import struct

import matplotlib as mpl
import optuna
import pytest
from plotly.offline import get_plotlyjs

import chromium
from seqops.blocks.search.pictures import draw
from seqops.blocks.search.space import Categorical, Float, Int

optuna.logging.set_verbosity(optuna.logging.ERROR)
NAMES = ["history", "importances", "parallel", "slice"]
SPACE = {
    "model.units": Int("int", 32, 256, log=True),
    "model.layers": Int("int", 1, 2),
    "model.dropout": Float("float", 0.0, 0.6),
    "fit.learning_rate": Float("float", 0.0005, 0.01, log=True),
    "fit.decay.kind": Categorical("categorical", ("exponential", "cosine", "none")),
    "fit.batch_size": Categorical("categorical", (32, 128)),
}


MIXED = Categorical("categorical", (True, None, "x"))


def searched(trials, space=SPACE, score=lambda values: sum(v for v in values if isinstance(v, float))):
    """Make a study whose fifth trial was pruned and whose sixth failed."""
    study = optuna.create_study(study_name="a <study>", sampler=optuna.samplers.RandomSampler(seed=0))

    def objective(trial):
        values = [distribution.suggest(key, trial) for key, distribution in space.items()]
        if trial.number == 4:
            raise optuna.TrialPruned
        if trial.number == 5:
            raise ValueError
        return score(values)

    study.optimize(objective, n_trials=trials, catch=(ValueError,))
    return study


def alike():
    """Make a study of two trials with the same value and different scores."""
    study = optuna.create_study(study_name="alike")
    for _ in range(2):
        study.enqueue_trial({"a": 1})
    study.optimize(lambda trial: trial.suggest_int("a", 1, 2) + trial.number, n_trials=2)
    return study


def pictures(folder):
    return sorted(path.stem for path in folder.glob("*.png"))


def page(folder):
    """Return the page without the library that draws the pictures."""
    text = (folder / "study.html").read_text("utf-8")
    assert text.count(get_plotlyjs()) == 1
    return text.replace(get_plotlyjs(), "")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    study = searched(12)
    draw(study, folder)
    return study, folder


def test_a_picture_of_each_kind_is_drawn(drawn):
    _, folder = drawn
    assert pictures(folder) == NAMES
    for name in NAMES:
        content = (folder / f"{name}.png").read_bytes()
        assert content.startswith(b"\x89PNG")
        width, height = struct.unpack(">II", content[16:24])
        assert 900 < width < 2000
        assert 300 < height < 1200


def test_the_page_tells_of_the_best_trial_and_of_all_others(drawn):
    study, folder = drawn
    text = page(folder)
    assert "<h1>a &lt;study&gt;</h1>" in text
    assert "12 trials: 10 complete, 1 pruned, 1 failed." in text
    assert f"Best trial: number {study.best_trial.number}, score {study.best_value:.4g}" in text
    for key, distribution in SPACE.items():
        trained_with = distribution.settle(study.best_params[key])
        assert f'<td>{key}</td>\n<td class="n">{trained_with}</td>' in text
    assert [text.count(f'id="{name}"') for name in NAMES] == [1, 1, 1, 1]
    assert 'class="note"' not in text


def test_the_page_fetches_nothing_and_sends_nothing(drawn):
    _, folder = drawn
    text = page(folder)
    assert "://" not in text
    assert "src=" not in text
    assert "href=" not in text
    assert "default-src 'none'" in text
    assert text.count('"showSendToCloud": false') == len(NAMES)


def test_a_study_is_drawn_the_same_at_every_call(drawn, tmp_path):
    study, folder = drawn
    draw(study, tmp_path)
    for path in folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.filterwarnings("error")
def test_nothing_is_said_and_the_style_of_other_pictures_stays(tmp_path, capfd):
    before = dict(mpl.rcParams)
    draw(searched(4), tmp_path)
    assert capfd.readouterr() == ("", "")
    assert dict(mpl.rcParams) == before
    assert mpl.pyplot.get_fignums() == []


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("study", "drawable", "said"),
    [
        (lambda: searched(0), [], "No trials yet."),
        (lambda: searched(1), ["history"], "It takes two complete trials whose values differ."),
        (alike, ["history"], "It takes two complete trials whose values differ."),
        (
            lambda: searched(4, score=lambda values: 1.0),
            ["history", "parallel", "slice"],
            "All complete trials have the same score.",
        ),
        (lambda: searched(2), NAMES, None),
        (lambda: searched(4, {"model.units": SPACE["model.units"]}, lambda v: v[0]), NAMES, None),
        (lambda: searched(4, {"mixed": MIXED}, lambda v: len(str(v))), NAMES, None),
    ],
)
def test_a_picture_that_cannot_be_drawn_is_left_out_and_the_page_says_so(study, drawable, said, tmp_path):
    draw(study(), tmp_path)
    assert pictures(tmp_path) == drawable
    text = page(tmp_path)
    assert text.count('class="note"') == len(NAMES) - len(pictures(tmp_path))
    assert said is None or said in text


def test_no_complete_trial_makes_a_page_that_says_so(tmp_path):
    study = optuna.create_study(study_name="none")
    study.enqueue_trial({"a": 1})
    study.ask()
    study.enqueue_trial({"a": 2})
    draw(study, tmp_path)
    text = page(tmp_path)
    assert "2 trials: 1 running, 1 waiting." in text
    assert "No trial is complete yet." in text
    assert "Best trial" not in text


@pytest.mark.browser
def test_a_browser_draws_every_picture_of_the_page(drawn, tmp_path):
    _, folder = drawn
    url = (folder / "study.html").as_uri()
    said = chromium.drawn(url, tmp_path / "page.png", tmp_path / "profile")
    assert said.count('class="main-svg"') >= len(NAMES)
    for key in SPACE:
        # as the labels of three pictures
        assert said.count(f">{key}") >= 3, key
