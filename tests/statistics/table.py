"""Print the simulated tables of the documentation: `python tests/statistics/table.py [NAME ...]`.

NAME: intervals, seeds, promotion, drift, tuning, sections, forecasts, panels, rolling; by default all.
SEQOPS_STATISTICS_SHARE: see `simulation.py`; the documentation has 0.5 of the repetitions for intervals and
seeds.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

import cases
import forecast_intervals
import panels as simulated_panels
import repeated_fits
import rolling_panels
import simulation
import test_drift_level as drift_level
import test_promotion_weeks as promotion_weeks
import test_textgen_coverage as textgen_coverage
import test_tuning_level as tuning_level


def row(*cells):
    print(f"| {' | '.join(cell if isinstance(cell, str) else f'{cell:.3f}' for cell in cells)} |", flush=True)


def intervals():
    """Coverage of 95 %, and how often the test finds equal systems better and worse at 5 %."""
    count = simulation.repetitions()
    print(f"{count} repetitions, {simulation.RESAMPLES} resamples each")
    for group in (cases.INDEPENDENT, cases.FEW, cases.DEPENDENT, cases.UNCOVERED):
        for name, shape in group.items():
            size = simulation.size(shape, count)[:2] if hasattr(shape, "two") else ()
            row(name, simulation.coverage(shape, count), *size)
    for name in cases.REFUSED:
        row(name, "no interval")


def seeds():
    """Coverage where seeds vary 0, 0.5, 1 and 2 times as much as rows; then by a hierarchical bootstrap."""
    count = simulation.repetitions()
    print(f"{count} repetitions")
    for name, shape in repeated_fits.SHAPES.items():
        for fits in repeated_fits.SEEDS:
            found = [repeated_fits.coverages(shape, noise, fits, count) for noise in repeated_fits.NOISES]
            row(
                name,
                str(fits),
                *(" ".join(f"{share:.3f}" for share in method) for method in zip(*found, strict=True)),
            )


def promotion():
    """Replacements of a champion in 104 weeks of equal versions, and the optimism of its score."""
    for name in ("at_one_level", "by_ladder", "by_rule"):
        found = promotion_weeks.two_years(getattr(promotion_weeks, name))
        row(name, found.replaced, found.optimism)


def drift():
    """Alarms of scores that are the same, that are worse by the margin, and that have fallen."""
    print(f"{simulation.repetitions()} repetitions")
    for name, samples in {**drift_level.SAME, **drift_level.AT_THE_MARGIN, **drift_level.WORSE}.items():
        row(name, drift_level.alarms(*samples[:2])[0])


def tuning():
    """False replacements of equal values: on the rows that chose; held out: over seeds, rows, all tests."""
    for noise in (0.5, 1.0, 2.0):
        chosen = tuning_level.replaced_on_the_rows_that_chose(noise)
        row(f"noise of rows / of seeds {noise:g}", chosen, *tuning_level.replaced_by_each_test(noise))


def sections():
    """Coverage of the nats of a text: no difference, and sections of 8, 15, 25 and 100 passages."""
    row(
        "sections as units",
        *(textgen_coverage.coverage("Chapter", *c) for c in ((8, 0.0), (8, 0.15), (15, 0.15))),
    )
    lengths = ((10, 0.0), (8, 0.15), (15, 0.15), (25, 0.15), (100, 0.15))
    row("blocks", *(textgen_coverage.coverage("", *c) for c in lengths))


def forecasts():
    """Coverage of 80 and 95 % prediction intervals: as saved with the model, and updated at each origin."""
    for name in {**forecast_intervals.CASES, **forecast_intervals.HARD}:
        saved, updated = forecast_intervals.coverage(name, simulation.repetitions())[0]
        row(name, *saved, *updated)


def panels():
    """Coverage of learnt 80 and 95 % intervals of many series: before and after their calibration."""
    for name, panel in {**simulated_panels.EXCHANGEABLE, **simulated_panels.CHANGED}.items():
        before, after = simulated_panels.coverage(panel, simulated_panels.draws())[0]
        row(name, *before, *after)
    for name, again in (("400 series, trained", False), ("400 series, trained twice", True)):
        row(name, "", "", *simulated_panels.fitted_coverage(again=again)[0])


def rolling():
    """Coverage of 80 and 95 % intervals of many series at several origins: fixed, and adapted."""
    for name in rolling_panels.CASES:
        fixed, adapted = rolling_panels.coverage(name, simulated_panels.draws())[0]
        row(name, *fixed, *adapted)


TABLES = {
    table.__name__: table
    for table in (intervals, seeds, promotion, drift, tuning, sections, forecasts, panels, rolling)
}

if __name__ == "__main__":
    for name in sys.argv[1:] or TABLES:
        print(f"\n{name}: {TABLES[name].__doc__}")
        TABLES[name]()
