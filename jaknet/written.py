"""A YAML file as it was written: its content, and the line of each key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from jaknet.errors import InputError

__all__ = ["Written"]


class Written:
    """A plan as it was written: its content, where its files lie, and the line of each key."""

    def __init__(self, source: str | Path | Mapping[str, Any]) -> None:
        self.content: Any = source
        self.folder, self._name = Path(), ""
        self._node: yaml.Node | None = None
        if not isinstance(source, Mapping):
            self._read(Path(source))

    def _read(self, path: Path) -> None:
        if not path.is_file():
            raise InputError(f"no plan {path}. Write one with: jaknet run --init {path.name}")
        self.folder, self._name = path.parent, path.name
        try:
            text = path.read_text(encoding="utf-8-sig")
            self.content, self._node = yaml.safe_load(text), yaml.compose(text, Loader=yaml.SafeLoader)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            where = " ".join(str(error).split())
            raise InputError(f"{path.name} is not valid YAML: {where}. Compare it with the template of: jaknet run --init FILE") from error
        if not isinstance(self.content, dict):
            raise InputError(f"{path.name} holds no keys. Write a template with: jaknet run --init {path.name}")
        self._refuse_repeated(self._node)

    def _refuse_repeated(self, node: Any) -> None:
        for child in _children(node):
            self._refuse_repeated(child)
        names = [key.value for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
        for place, name in enumerate(names):
            if name in names[:place]:
                line = node.value[place][0].start_mark.line + 1
                raise InputError(f"{self._name}, line {line}: {name} is given twice; keep one of them.")

    def place(self, location: Iterable[int | str]) -> str:
        """Return the file and line of a key, empty for a mapping.

        Parameters
        ----------
        location : iterable of str or int
            Keys and positions that lead to it.
        """
        node, line = self._node, None
        for step in location:
            found = _step(node, step)
            if found is None:
                break
            line, node = found
        return f"{self._name}, line {line}: " if line else ""


def _children(node: Any) -> list[Any]:
    if isinstance(node, yaml.MappingNode):
        return [value for _, value in node.value]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _step(node: Any, step: int | str) -> tuple[int, Any] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key.start_mark.line + 1, value) for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line + 1, node.value[step]
    return None
