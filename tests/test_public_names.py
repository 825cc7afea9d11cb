"""The public face is a promise: names, and the order, kinds and defaults of arguments, are those of `golden/public_face.txt`.

After a change that CHANGELOG.md tells of: ``python tests/test_public_names.py > tests/golden/public_face.txt``.
"""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jaknet as jn

GOLDEN = Path(__file__).parent / "golden" / "public_face.txt"
SCRIPT = """
import jaknet as jn

network = jn.load_network("osteoblast")
reveal_type(jn.perturb(network, jn.knockout("STAT3")))
reveal_type(jn.load_network)
reveal_type(network.audit())
reveal_type(jn.plot.selectivity)
jn.perturb(3)
jn.no_such_name
"""
REVEALED = (
    '"jaknet.simulation.response.Response"',
    '"def (name: str =) -> jaknet.network.network.Network"',
    '"jaknet.network.audit.Audit"',
    "-> matplotlib.axes._axes.Axes",
)
REFUSED = ('Argument 1 to "perturb" has incompatible type "int"', 'Module has no attribute "no_such_name"')


def lines() -> Iterator[str]:
    """Each public name with its arguments, without their types; classes and modules with their public functions."""
    for name in jn.__all__:
        yield from _lines(name, getattr(jn, name))


def _lines(name: str, found: object) -> Iterator[str]:
    if inspect.isclass(found):
        yield f"class {name}" if issubclass(found, Exception) else f"class {name}{_arguments(found)}"
        members = {
            key: value for kind in reversed(found.__mro__) if kind.__module__.startswith("jaknet") for key, value in vars(kind).items()
        }
        for member, value in sorted(members.items()):
            value = getattr(value, "__func__", value)
            if not member.startswith("_") and inspect.isfunction(value):
                yield f"  {member}{_arguments(value)}"
    elif inspect.ismodule(found):
        yield name
        for member in found.__all__:
            yield f"  {member}{_arguments(getattr(found, member))}"
    else:
        yield f"{name}{_arguments(found)}" if callable(found) else name


def _arguments(function: object) -> str:
    signature = inspect.signature(function)
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


def test_public_face_is_as_promised() -> None:
    assert list(lines()) == GOLDEN.read_text().splitlines()


def test_a_type_checker_sees_real_signatures(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), "--ignore-missing-imports", str(script)]
    # An editable installation is not on the path that mypy reads.
    environment = {**os.environ, "MYPYPATH": str(Path(jn.__file__).parents[1])}
    told = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment).stdout
    for expected in (*REVEALED, *REFUSED):
        assert expected in told, told


def test_no_module_shadows_a_function() -> None:
    package = Path(jn.__file__).parent
    modules = {path.stem for path in package.iterdir()}
    assert not modules & {name for name in jn.__all__ if callable(getattr(jn, name))}


def test_import_stays_light() -> None:
    code = "import sys, jaknet; print(sorted({'pandas', 'numba', 'scipy', 'matplotlib', 'gseapy', 'pydeseq2'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()) + "\n")
