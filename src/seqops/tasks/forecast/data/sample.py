"""Series that need no download: the airline passengers and a generated sine."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

# Monthly international airline passengers, thousands, 1949-1960: Box, Jenkins and Reinsel, series G.
AIRLINE = """
112 118 132 129 121 135 148 148 136 119 104 118
115 126 141 135 125 149 170 170 158 133 114 140
145 150 178 163 172 178 199 199 184 162 146 166
171 180 193 181 183 218 230 242 209 191 172 194
196 196 236 235 229 243 264 272 237 211 180 201
204 188 235 227 234 264 302 293 259 229 203 229
242 233 267 269 270 315 364 347 312 274 237 278
284 277 317 313 318 374 413 405 355 306 271 306
315 301 356 348 355 422 465 467 404 347 305 336
340 318 362 348 363 435 491 505 404 359 310 337
360 342 406 396 420 472 548 559 463 407 362 405
417 391 419 461 472 535 622 606 508 461 390 432
"""


def airline() -> Mapping[str, bytes]:
    """Return the 144 values as published: quoted header and months, CRLF, no newline at the end."""
    rows = ['"Month","Passengers"']
    for month, passengers in enumerate(AIRLINE.split()):
        rows.append(f'"{1949 + month // 12}-{month % 12 + 1:02d}",{passengers}')
    return {"airline-passengers.csv": "\r\n".join(rows).encode("ascii")}


def sine() -> Mapping[str, bytes]:
    """Return two series: sin over [-10, 10) to train on, cos over [10, 20) to test on, step 0.1."""
    tenths = {"sine-train.csv": np.arange(-100, 100), "sine-test.csv": np.arange(100, 200)}
    wave = {"sine-train.csv": np.sin, "sine-test.csv": np.cos}
    return {name: _position_csv(ticks / 10, wave[name](ticks / 10)) for name, ticks in tenths.items()}


def _position_csv(x: np.ndarray, y: np.ndarray) -> bytes:
    # ten decimals, because the last bits of a sine differ between C libraries
    lines = ["x,y", *(f"{a:.1f},{b:.10f}" for a, b in zip(x, y, strict=True))]
    return ("\n".join(lines) + "\n").encode("ascii")
