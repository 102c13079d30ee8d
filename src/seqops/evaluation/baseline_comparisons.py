"""The model compared with its baselines, with p-values corrected for their number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from seqops.metrics.multiple_testing import holm
from seqops.metrics.paired_tests import Difference, Outcome


@dataclass(frozen=True)
class BaselineComparison:
    """The model compared with one baseline by the goal metric.

    difference: its `p_worse` is corrected for the number of baselines, see `corrected`.
    """

    name: str
    kind: str
    difference: Difference

    def summary(self, alpha: float) -> Outcome:
        """Return the outcome for the model: `beats`, `ties`, `loses to` or `undecided`."""
        return self.difference.outcome(alpha)

    def beaten(self, alpha: float) -> bool:
        """Return whether the model is significantly better at level `alpha`."""
        return self.summary(alpha) == "beats"


def corrected(differences: Mapping[str, Difference], kinds: Mapping[str, str]) -> list[BaselineComparison]:
    """Return the comparisons with baselines, their p-values of being worse corrected with Holm's method.

    The best baseline is found on the rows of the test, so the model loses to it by chance more often than to
    a baseline that was named before. To beat it is to beat them all, which needs no correction.
    """
    worse = holm([1.0 if found.p_worse is None else found.p_worse for found in differences.values()])
    return [
        BaselineComparison(name, kinds[name], found if found.p_worse is None else replace(found, p_worse=p))
        for (name, found), p in zip(differences.items(), worse, strict=True)
    ]
