"""The cases of the table in docs/believing.md, by task."""

from rare_shapes import Ordered, RareSpans
from shapes import (
    Accuracy,
    Classes,
    Forecasts,
    LastingErrors,
    Passages,
    Phrases,
    Plays,
    RootMeanSquare,
    SeasonalNaive,
    SharedShocks,
    Spans,
    Translations,
)

FIVE, RARE = (0.05, 0.2, 0.5, 0.2, 0.05), (0.024, 0.076, 0.2, 0.3, 0.4)
HALVES, THIRDS, FIFTHS = (1 / 2,) * 2, (1 / 3,) * 3, (1 / 5,) * 5

INDEPENDENT = {
    "labels: accuracy 0.9 of 50 rows": Accuracy(50, 0.9),
    "labels: accuracy 0.5 of 200 rows": Accuracy(200, 0.5),
    "labels: accuracy 0.97 of 2,000 rows": Accuracy(2000, 0.97, 0.02),
    "sentiment: accuracy 0.7 of phrases of 500 sentences": Phrases(500),
    "sentiment: macro-F1 0.80 of 200 rows, one class four times the other": Classes(200, (0.2, 0.8), 0.85),
    "sentiment: macro-F1 0.57 of 600 rows in five classes": Classes(600, FIVE, 0.6),
    "sentiment: macro-F1 0.58 of 1,000 rows, 24 of them of one class": Classes(1000, RARE, 0.6),
    "sentiment: kappa 0.50 of 600 rows in five classes": Classes(600, FIVE, 0.6, "quadratic_kappa"),
    "ner: F1 0.69 of 240 sentences in 60 documents": Spans(60, 0.67),
    "ner: F1 0.82 of 700 sentences in 175 documents": Spans(175, 0.8),
    "translation: BLEU 17 of 60 sentences": Translations(60, 0.3),
    "translation: BLEU 17 of 600 sentences": Translations(600, 0.3),
    "translation: BLEU 58 of 200 sentences": Translations(200, 0.7),
    "text: nats of 60 independent passages": Passages(60),
    "text: nats of 200 independent passages": Passages(200),
}
"""Units that do not depend on each other, and enough of them for a coverage of 0.93 to 0.97."""

FEW = {
    "sentiment: accuracy 0.7 of phrases of 25 sentences": Phrases(25),
    "labels: accuracy 0.9 of 20 rows": Accuracy(20, 0.9),
    "labels: accuracy 0.97 of 20 rows": Accuracy(20, 0.97),
    "labels: accuracy 0.97 of 200 rows": Accuracy(200, 0.97),
    "labels: accuracy 0.998 of 200 rows": Accuracy(200, 0.998, 0.01),
    "labels: accuracy 0.998 of 2,000 rows": Accuracy(2000, 0.998, 0.002),
    "ner: F1 0.96 of 100 sentences in 25 documents": Spans(25, 0.95),
    "ner: F1 0.996 of 240 sentences in 60 documents": Spans(60, 0.995),
    "ner: F1 0.73 of a type with 25 spans in 711 sentences": RareSpans(711, 25, 0.6, 1.0),
    "ner: F1 0.97 of a type with 30 spans in 711 sentences": RareSpans(711, 30, 0.95, 0.5),
    "ner: F1 0.94 of a type with 40 spans in 711 sentences": RareSpans(711, 40, 0.9, 0.5),
    "ner: F1 0.99 of a type with 60 spans in 711 sentences": RareSpans(711, 60, 0.98, 0.5),
    "ner: F1 0.92 of a type with 60 spans in 711 sentences": RareSpans(711, 60, 0.9, 3.0),
    "sentiment: kappa 0.94 of 50 rows in two classes": Ordered(50, HALVES, 0.97, "kappa"),
    "sentiment: kappa 0.998 of 200 rows in five classes": Ordered(200, FIFTHS, 0.99, "kappa"),
    "sentiment: kappa 0.99 of 200 rows in five classes": Ordered(200, FIFTHS, 0.95, "kappa"),
    "sentiment: kappa 0.98 of 200 rows in three classes": Ordered(200, THIRDS, 0.98, "kappa"),
    "sentiment: kappa 0.996 of 500 rows in three classes": Ordered(500, THIRDS, 0.995, "kappa"),
    "sentiment: kappa 0.90 of 200 rows, 5 % of them of one class": Ordered(200, (0.05, 0.95), 0.99, "kappa"),
    "sentiment: kappa 0.97 of 200 rows in five classes, far errors": Ordered(
        200, FIFTHS, 0.99, "kappa", True
    ),
    "sentiment: mae 0.03 of 50 rows in two classes": Ordered(50, HALVES, 0.97, "mae"),
    "sentiment: mae 0.01 of 200 rows in five classes": Ordered(200, FIFTHS, 0.99, "mae"),
    "sentiment: mae 0.05 of 200 rows in five classes": Ordered(200, FIFTHS, 0.95, "mae"),
    "sentiment: mae 0.02 of 200 rows in three classes": Ordered(200, THIRDS, 0.98, "mae"),
    "sentiment: mae 0.005 of 500 rows in three classes": Ordered(500, THIRDS, 0.995, "mae"),
    "sentiment: mae 0.03 of 200 rows in five classes, far errors": Ordered(200, FIFTHS, 0.99, "mae", True),
    "sentiment: macro-F1 0.99 of 1,000 rows, 3 % of them of one class": Ordered(
        1000, (0.03, 0.97), 0.999, "macro_f1"
    ),
    "sentiment: macro-F1 0.98 of 200 rows, 12 % of them of one class": Ordered(
        200, (0.12, 0.88), 0.99, "macro_f1"
    ),
}
"""Few units decide: the coverage may be above 0.97, because the score is discrete or the limits cautious."""

DEPENDENT = {
    "forecast: 120 origins, 12 steps, 1 apart": Forecasts(120),
    "forecast: 300 origins, 12 steps, 1 apart": Forecasts(300),
    "forecast: 300 origins, 12 steps, 1 apart, fading errors": Forecasts(300, memory=0.7),
    "forecast: 60 origins, 12 steps, 5 apart": Forecasts(60, 5),
    "forecast: 47 origins, 12 steps, 12 apart": Forecasts(47, 12),
    "forecast: 36 origins, 1 step": Forecasts(36, 1, 1),
    "forecast: 100 origins, 1 step": Forecasts(100, 1, 1),
    "forecast: 48 origins, 1 step, errors that last (0.5)": LastingErrors(48, 0.5),
    "text: nats of 435 passages in order": Passages(435, 0.3),
    "text: nats of 435 passages in order, slow moods": Passages(435, 0.8),
}
"""Units in order whose errors depend on each other."""

REFUSED = {
    "sentiment: macro-F1 0.58 of 200 rows, 4 of them of one class": Classes(
        200, (0.02, 0.08, 0.2, 0.3, 0.4), 0.6
    ),
    "forecast: 36 origins, 12 steps, 1 apart": Forecasts(36),
    "forecast: 60 origins, 12 steps, 1 apart": Forecasts(60),
    "labels: accuracy 0.9 of 12 rows": Accuracy(12, 0.9),
    "ner: F1 0.89 of a type with 5 spans in 711 sentences": RareSpans(711, 5, 0.8),
    "ner: F1 0.95 of a type with 12 spans in 711 sentences": RareSpans(711, 12, 0.9),
    "ner: F1 0.26 of a type with 12 spans in 711 sentences": RareSpans(711, 12, 0.15),
}
"""Too few independent units for an interval."""

UNCOVERED = {
    "text: nats of 435 passages of plays of 20": Plays(435, 20),
    "text: nats of 435 passages of plays of 60": Plays(435, 60),
    "forecast: 48 origins, 1 step, errors that last (0.8)": LastingErrors(48, 0.8),
    "sentiment: accuracy 0.7 of phrases of 100 sentences of very unequal length, alike in each": Phrases(
        100, common=0.3, unequal=True
    ),
    "forecast: RMSE of 100 origins, 1 step, errors with heavy tails (t, 4)": RootMeanSquare(100, 4),
    "forecast: seasonal naive on a random walk, 48 origins, 1 step": SeasonalNaive(48, 1),
    "forecast: seasonal naive on a random walk, 120 origins, 12 steps": SeasonalNaive(120, 12),
    "forecast: 200 series that share 5 % of the variance": SharedShocks(200, 0.05),
    "forecast: 200 series that share 20 % of the variance": SharedShocks(200, 0.2),
    "translation: BLEU 2 of 60 sentences": Translations(60, 0.05),
    "text: nats of 60 skewed independent passages": Passages(60, skew=1.0),
    "sentiment: kappa 0.87 of 200 rows in uneven classes, far errors": Ordered(
        200, FIVE, 0.97, "kappa", True
    ),
    "sentiment: macro-F1 0.99 of 1,000 rows, 24 of them of one class": Ordered(1000, RARE, 0.99, "macro_f1"),
}
"""At the edge of what the intervals cover: few plays, errors that last or are shared, no match, much skew,
few errors of unlike weight."""
