"""What the settings require of each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeGuard, cast, get_args

from seqops.core.errors import ConfigError
from seqops.tasks.forecast.data.derived import Auto
from seqops.tasks.forecast.data.scaling import Scaling

SingleKind = Literal["ar", "direct_regression", "ets", "theta", "sarima", "harmonic_arima", "climatology"]
"""The `model.kind`s without a network, of one series."""
LocalKind = Literal["theta", "ets", "arima", "combination"]
"""The `model.kind`s without a network that are fitted to each of many series."""
ClassicalKind = Literal[SingleKind, LocalKind]


def is_classical(kind: Any) -> TypeGuard[ClassicalKind]:
    """Return whether a `model.kind` has no network."""
    return kind in get_args(ClassicalKind)


def single_kind(kind: ClassicalKind) -> SingleKind:
    """Return a kind of one series. Raises ConfigError for one of many series."""
    if kind not in get_args(SingleKind):
        raise ConfigError(
            f"model.kind {kind} is fitted to each of many series (data.series). For one series choose one of "
            f"{', '.join(get_args(SingleKind))}, or a network."
        )
    return cast(SingleKind, kind)


def local_kind(kind: ClassicalKind) -> LocalKind:
    """Return a kind of many series. Raises ConfigError for one of one series."""
    if kind not in get_args(LocalKind):
        raise ConfigError(
            f"model.kind {kind} is fitted to one series, not to many (data.series). Choose one of "
            f"{', '.join(get_args(LocalKind))}, or a network."
        )
    return cast(LocalKind, kind)


def check_model(
    model: Mapping[str, Any],
    many: bool,
    scaling: Scaling,
    window: int | Auto,
    season: int | Auto,
    horizon: int | Auto,
) -> None:
    """Raise ConfigError for model settings that the series, the lengths or the scaling rule out."""
    kind = model.get("kind")
    if is_classical(kind):
        if many:
            local_kind(kind)
        elif scaling == "window":
            raise ConfigError(
                f"model.kind {kind} is fitted to one series, which rules out data.scaling: window. Choose a "
                "network, or another scaling."
            )
        else:
            single_kind(kind)
        return
    if model.get("mixture", "none") != "none" and not many:
        raise ConfigError(
            "model.mixture needs data.series: its weight is chosen by many series. Set it to none."
        )
    check_window(model, window, season)
    if scaling == "window":
        check_global(model, horizon)


def check_scaling(series: str, pretrained: str, scaling: Scaling) -> None:
    """Raise ConfigError for settings of many series without a scale of each window."""
    if series and scaling != "window":
        raise ConfigError("data.series needs data.scaling: window, so that each series has its own scale.")
    if pretrained and scaling != "window":
        raise ConfigError(
            "data.pretrained needs data.scaling: window: with another, weights fit the scale of their series."
        )


def check_window(model: Mapping[str, Any], window: int | Auto, season: int | Auto) -> None:
    """Raise ConfigError for a window that is known to be too short for the kind or the difference."""
    kind, difference = model.get("kind"), model.get("difference")
    if kind == "es_lstm" and "auto" not in (window, season) and int(window) < 2 * int(season):
        raise ConfigError(
            f"model.kind es_lstm needs a data.window of at least two seasons of {season}, got {window}. "
            "Raise data.window, lower data.season and give the long season in data.seasons, or choose "
            "another kind."
        )
    if kind == "es_lstm" and difference not in (0, "auto"):
        raise ConfigError(
            "model.difference must be 0 or auto with model.kind es_lstm: smoothing removes the level."
        )
    if isinstance(difference, int) and window != "auto" and difference >= window:
        raise ConfigError(
            f"model.difference {difference} must be below data.window {window}. Lower it, raise data.window, "
            "or set model.difference: auto."
        )


def check_global(model: Mapping[str, Any], horizon: int | Auto) -> None:
    """Raise ConfigError for what `data.scaling: window` rules out."""
    difference, steps = model.get("difference"), model.get("output_steps")
    if difference not in (0, "auto"):
        raise ConfigError(
            "model.difference must be 0 or auto with data.scaling: window, where the network corrects the "
            "last season."
        )
    if isinstance(steps, int) and horizon != "auto" and steps < horizon:
        raise ConfigError(
            f"model.output_steps must be at least data.horizon {horizon}, or auto, with data.scaling: "
            f"window: it forecasts all steps at once, got {steps}."
        )
