"""What studies measured, as JSON that tables and figures are made from. No torch here."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from aecore.bundles import user_root
from aecore.errors import UserError
from aecore.studies.study import Study

SHIPPED = Path(__file__).parent / "results"
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds, with its interval.

    Attributes:
        mean: Over the seeds.
        low, high: Ends of the 95 % interval of the mean by Student's t; both the mean where there
            is but one seed.
        seeds: How many there were.
    """

    mean: float
    low: float
    high: float
    seeds: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Estimate:
        """The estimate from one value a seed."""
        from scipy.stats import t

        mean, count = fmean(values), len(values)
        if count < 2:
            return cls(mean, mean, mean, count)
        half = float(t.ppf(0.5 + CONFIDENCE / 2, count - 1)) * stdev(values) / math.sqrt(count)
        return cls(mean, mean - half, mean + half, count)


@dataclass(frozen=True)
class Line:
    """One setting on one data set.

    Attributes:
        data: The data set.
        label, x: As the study's setting has them.
        figures: By metric.
    """

    data: str
    label: str
    x: float | None
    figures: Mapping[str, Estimate]


def user_folder() -> Path:
    """Where results of the user's own go: ``studies`` beside their bundles."""
    return user_root().parent / "studies"


def stored(study: Study, folder: Path | None = None) -> list[dict[str, Any]]:
    """The rows of a study that are there, one a training: data, setting, seed, config and figures.

    Args:
        study: Which.
        folder: Where from; by default those shipped, the user's own in place of equal trainings.

    Raises:
        UserError: If a file cannot be read.
    """
    rows = [row for found in _read(study, folder) for row in found["rows"]]
    return list({(row["data"], row["setting"], row["seed"]): row for row in rows}.values())


def estimates(study: Study, folder: Path | None = None) -> dict[str, dict[str, float]]:
    """What was measured of the data themselves, by data set and estimate.

    Args:
        study, folder: As in ``stored``.

    Raises:
        UserError: If a file cannot be read.
    """
    return {
        data: known for found in _read(study, folder) for data, known in found.get("estimates", {}).items()
    }


def _read(study: Study, folder: Path | None) -> Iterator[dict[str, Any]]:
    """The files of a study that there are."""
    for each in [folder] if folder else [SHIPPED, user_folder()]:
        file = each / f"{study.name}.json"
        if not file.is_file():
            continue
        try:
            found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            for row in found["rows"]:
                _ = row["data"], row["setting"], row["seed"], row["config"], row["figures"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{file} holds no results of a study ({error}); delete it.") from None
        yield found


def store(study: Study, rows: Sequence[Mapping[str, Any]], folder: Path, about: Mapping[str, Any]) -> None:
    """Writes a study's rows, all of them at once.

    Args:
        study: Which.
        rows: As ``stored`` gives them.
        folder: Where to.
        about: What else the file says: versions, device, command, estimates of the data.

    Raises:
        UserError: If it cannot be written.
    """
    lines = ",\n    ".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
    head = json.dumps({"study": study.name, **about}, ensure_ascii=False, indent=2)[:-2]
    file = folder / f"{study.name}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".part")
        partial.write_text(f'{head},\n  "rows": [\n    {lines}\n  ]\n}}\n', encoding="utf-8")
        partial.replace(file)
    except OSError as error:
        raise UserError(f"{file} cannot be written ({error.strerror}).") from None


def table(study: Study, rows: Sequence[Mapping[str, Any]]) -> list[Line]:
    """Means and intervals over the seeds, in the order of the study's settings.

    Rows of another configuration than the study has today count for nothing, nor do those without
    figures: what diverged.
    """
    lines = []
    for data in study.common:
        for setting in study.settings:
            of = [row["figures"] for row in rows if row["figures"] and is_of(row, study, data, setting.label)]
            if of:
                figures = {name: Estimate.of([each[name] for each in of]) for name in of[0]}
                lines.append(Line(data, setting.label, setting.x, figures))
    return lines


def is_of(row: Mapping[str, Any], study: Study, data: str, label: str, seed: int | None = None) -> bool:
    """Whether a row is of this setting, as the study configures it today."""
    same = row["data"] == data and row["setting"] == label and seed in (None, row["seed"])
    setting = next((each for each in study.settings if each.label == label), None)
    return same and setting is not None and row["config"] == _plain(study.config(data, setting, row["seed"]))


def _plain(config: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(config))
