"""The page of a study: which plots it has, which are left out, and that it makes no request."""

import json
import re

import optuna
import pytest
from plotly.offline import get_plotlyjs

import chromium
from seqops.tuning.report import write_page
from seqops.tuning.search_space import Categorical, Float, Int

optuna.logging.set_verbosity(optuna.logging.ERROR)
NAMES = ["history", "importances", "slice", "parallel"]
SPACE = {
    "model.units": Int("int", 32, 256, log=True),
    "model.layers": Int("int", 1, 2),
    "model.dropout": Float("float", 0.0, 0.6),
    "fit.learning_rate": Float("float", 0.0005, 0.01, log=True),
    "fit.decay.kind": Categorical("categorical", ("exponential", "cosine", "none")),
    "fit.batch_size": Categorical("categorical", (32, 128)),
}


MIXED = Categorical("categorical", (True, None, "x"))


def run_study(trials, space=SPACE, score=lambda values: sum(v for v in values if isinstance(v, float))):
    """Run a study whose fifth trial is pruned and whose sixth fails."""
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


def one_value():
    """Run a study of two trials with the same value and different scores."""
    study = optuna.create_study(study_name="one value")
    for _ in range(2):
        study.enqueue_trial({"a": 1})
    study.optimize(lambda trial: trial.suggest_int("a", 1, 2) + trial.number, n_trials=2)
    return study


def write(study, path):
    """Write the page; return it without the plotting library."""
    write_page(study, path)
    text = path.read_text("utf-8")
    assert text.count(get_plotlyjs()) == 1
    return text.replace(get_plotlyjs(), "")


def plots(text):
    return [name for name in NAMES if f'id="{name}"' in text]


def figure(text, name):
    """Return the traces and the layout of a plot, as the page passes them to plotly."""
    arguments = re.split(rf'Plotly\.newPlot\(\s*"{name}",\s*', text)[1]
    traces, end = json.JSONDecoder().raw_decode(arguments)
    layout, _ = json.JSONDecoder().raw_decode(arguments[end:].lstrip(", "))
    return traces, layout


@pytest.fixture(scope="module")
def study():
    return run_study(12)


@pytest.fixture(scope="module")
def path(study, tmp_path_factory):
    return tmp_path_factory.mktemp("study") / "study.html"


@pytest.fixture(scope="module")
def text(study, path):
    return write(study, path)


def test_the_page_shows_the_best_trial_and_the_counts(study, text):
    assert "<h1>a &lt;study&gt;</h1>" in text
    assert "12 trials: 10 complete, 1 pruned, 1 failed." in text
    assert f"Best trial: number {study.best_trial.number}, score {study.best_value:.4g}" in text
    for key, distribution in SPACE.items():
        trained_with = distribution.to_value(study.best_params[key])
        assert f'<td>{key}</td>\n<td class="n">{trained_with}</td>' in text
    assert plots(text) == NAMES
    assert 'class="note"' not in text


def test_each_plot_shows_every_complete_trial(study, text):
    complete = [trial for trial in study.trials if trial.value is not None]
    assert len(complete) == 10
    (scores, best, *_), _ = figure(text, "history")
    assert scores["x"] == [trial.number for trial in complete]
    assert scores["y"] == [trial.value for trial in complete]
    assert best["y"][-1] == study.best_value
    (shares,), _ = figure(text, "importances")
    assert sorted(shares["y"]) == sorted(SPACE)
    assert sum(shares["x"]) == pytest.approx(1)
    for trace, key in zip(figure(text, "slice")[0], sorted(SPACE), strict=True):
        # choices are sorted, and arguments as text
        values = [x if isinstance(x, str) else repr(x) for x in trace["x"]]
        expected = [(repr(trial.params[key]), trial.value) for trial in complete]
        assert sorted(zip(values, trace["y"], strict=True)) == sorted(expected)
    # the last trace is the colour scale
    lines, layout = figure(text, "parallel")
    assert layout["xaxis"]["ticktext"] == ["score", *sorted(SPACE)]
    shown = [line["customdata"][0] for line in lines[:-1]]
    assert sorted(shown) == sorted(["score", f"{trial.value:.3g}"] for trial in complete)


def test_axes_have_ticks_at_possible_values(text):
    _, layout = figure(text, "slice")
    axes = {layout[name]["title"]["text"]: layout[name] for name in layout if name.startswith("xaxis")}
    assert axes["model.layers"]["ticktext"] == ["1", "2"]
    assert axes["model.units"]["ticktext"] == ["50", "100", "200"]
    assert axes["fit.learning_rate"]["ticktext"] == ["0.0005", "0.001", "0.002", "0.005", "0.01"]


def test_the_page_loads_nothing_and_sends_nothing(text):
    assert "://" not in text
    assert "src=" not in text
    assert "href=" not in text
    assert "default-src 'none'" in text
    assert text.count('"showSendToCloud": false') == len(NAMES)


def test_the_page_is_the_same_at_every_call(study, text, tmp_path):
    assert write(study, tmp_path / "study.html") == text


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("study", "names", "message"),
    [
        (lambda: run_study(0), [], "No trials yet."),
        (lambda: run_study(1), ["history"], "At least two complete trials with different values are needed."),
        (one_value, ["history"], "At least two complete trials with different values are needed."),
        (
            lambda: run_study(4, score=lambda values: 1.0),
            ["history", "slice", "parallel"],
            "All complete trials have the same score.",
        ),
        (lambda: run_study(2), NAMES, None),
        (lambda: run_study(4, {"model.units": SPACE["model.units"]}, lambda v: v[0]), NAMES, None),
        (lambda: run_study(4, {"mixed": MIXED}, lambda v: len(str(v))), NAMES, None),
    ],
)
def test_a_plot_that_cannot_be_drawn_is_left_out_and_the_page_says_so(study, names, message, tmp_path, capfd):
    text = write(study(), tmp_path / "study.html")
    assert capfd.readouterr() == ("", "")
    assert plots(text) == names
    assert text.count('class="note"') == len(NAMES) - len(names)
    assert message is None or message in text


def test_without_a_complete_trial_the_page_says_so(tmp_path):
    study = optuna.create_study(study_name="none")
    study.enqueue_trial({"a": 1})
    study.ask()
    study.enqueue_trial({"a": 2})
    text = write(study, tmp_path / "study.html")
    assert "2 trials: 1 running, 1 waiting." in text
    assert "No trial is complete yet." in text
    assert "Best trial" not in text


@pytest.mark.browser
def test_a_browser_draws_every_plot_of_the_page(text, path, tmp_path):
    dom = chromium.render(path.as_uri(), tmp_path / "page.png", tmp_path / "profile")
    drawn = dict(zip(NAMES, re.split("|".join(f'id="{name}"' for name in NAMES), dom)[1:], strict=True))
    assert drawn["history"].count('class="point"') == 10
    assert drawn["importances"].count('class="point"') == len(SPACE)
    assert drawn["slice"].count('class="point"') == 10 * len(SPACE)
    assert drawn["parallel"].count('class="js-line"') == 10
    for key in SPACE:
        assert all(f">{key}" in drawn[name] for name in NAMES[1:]), key
    for tick in ("0.0005", "0.001", "200"):
        assert f">{tick}<" in drawn["slice"], tick
