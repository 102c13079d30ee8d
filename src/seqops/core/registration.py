"""The optional section `registry` of a task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import StringConstraints


@dataclass(frozen=True)
class Registration:
    """The registered model of one task.

    Attributes
    ----------
    name
        Name of the registered model: letters, digits, `-`, `_`, `.` and spaces. Without this section, it is
        named after the kind of model and the data.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    name: Annotated[str, StringConstraints(pattern=r"^\w([\w .-]*\w)?$", max_length=120)]
