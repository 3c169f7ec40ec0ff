"""The tables of `list` and `config`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ..api import Codemod
from ..config import Setting
from . import explain, records
from .style import Style, View, table


def codemods_text(codemods: Iterable[Codemod], style: Style) -> str:
    """One line for each codemod, its options below it."""
    found = sorted(codemods, key=lambda codemod: codemod.id)
    if not found:
        return "No codemod is installed.\n"
    padded = table([["codemod", "tier", "title"], *([c.id, c.tier.value, c.title] for c in found)])
    head, *rows = ["  ".join(row).rstrip() for row in padded]
    lines = [style.bold(head)]
    for codemod, row in zip(found, rows, strict=True):
        lines.append(row)
        for option in explain.options(codemod.options):
            lines.append(style.dim(f"  {option.name} = {explain.show(option.default)}  ({option.type})"))
    return "\n".join(lines) + "\n"


def codemods_record(codemods: Iterable[Codemod]) -> records.CodemodList:
    """The same as data."""
    found = sorted(codemods, key=lambda codemod: codemod.id)
    return records.CodemodList(records.SCHEMA_VERSION, tuple(explain.record(codemod) for codemod in found))


def settings_text(settings: Sequence[Setting], file: Path | None, view: View) -> str:
    """Every setting, its value as TOML writes it, and where it comes from."""
    rows = [[s.name, explain.show(s.value), _source(s.source, file, view)] for s in settings]
    head, *body = ["  ".join(row).rstrip() for row in table([["setting", "value", "from"], *rows])]
    found = f"gorefit.toml: {view.path(file) if file else 'none found'}"
    return "\n".join([found, "", view.style.bold(head), *body]) + "\n"


def settings_record(settings: Sequence[Setting], file: Path | None) -> records.ConfigRecord:
    """The same as data."""
    rows = tuple(records.SettingRecord(s.name, explain.plain(s.value), s.source) for s in settings)
    return records.ConfigRecord(records.SCHEMA_VERSION, str(file) if file else None, rows)


def _source(source: str, file: Path | None, view: View) -> str:
    return source.replace(str(file), view.path(file), 1) if file else source
