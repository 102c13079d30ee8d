"""Print what `model.reranking` gives on the test rows of the project in this folder.

Usage: `python tests/translation/reranking_gain.py`. Both translations are of the same beam: the first of
each n-best list, and the one with the best score.
"""

import numpy as np
import pandas as pd

from seqops.core.arrays_io import read_table
from seqops.core.project import Project
from seqops.params import Params


def main():
    project = Project.find()
    paths = project.task_paths("translation")
    splits, meta = paths.encoded()
    metrics = Params.load(project.params).task("translation").metrics()
    reranked = read_table(paths.predictions)
    best = [
        row.nbest[int(np.argmax(row.nbest_scores))]
        for row in reranked[["nbest", "nbest_scores"]].itertuples()
    ]
    for name, hypotheses in (("reranked", reranked["hypothesis"]), ("best score", best)):
        scores = metrics.score(pd.DataFrame({"hypothesis": hypotheses}), splits["test"], meta)
        print(f"{name:10}", *(f"{score.name} {score.point():.2f}" for score in scores))


if __name__ == "__main__":
    main()
