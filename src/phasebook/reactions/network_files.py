"""Networks in files, by suffix: SBML (`.xml`, `.sbml`), BioNetGen (`.net`) and text (`.txt`, `.rn`)."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

from .bionetgen import parse_bionetgen
from .network import ReactionNetwork
from .text_format import network_text, parse_network

MAXIMUM_BYTES = 64 * 2**20
_SBML = (".xml", ".sbml")
_TEXT = (".txt", ".rn")


def read_network(path: str | Path) -> ReactionNetwork:
    """Read a network from a file, by its suffix.

    Raises ValueError naming the file and what in it cannot be represented, or where it is larger than MAXIMUM_BYTES.
    """
    path = Path(path)
    if path.suffix.lower() not in (*_SBML, ".net", *_TEXT):
        raise ValueError(f"a network must be a .xml, .sbml, .net, .txt or .rn file; got {path.name!r}")
    size = path.stat().st_size
    if size > MAXIMUM_BYTES:
        raise ValueError(f"{path.name} must have at most {MAXIMUM_BYTES // 2**20} MiB; it has {size / 2**20:.0f} MiB")
    content = path.read_bytes()
    try:
        if path.suffix.lower() in _SBML:
            return _sbml("sbml_reader").parse_sbml(content)
        text = content.decode("utf-8-sig")
        return parse_bionetgen(text) if path.suffix.lower() == ".net" else parse_network(text)
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} must be UTF-8 text") from None
    except ValueError as error:
        raise type(error)(f"{path.name}: {error}") from None


def write_network(network: ReactionNetwork, path: str | Path) -> None:
    """Write a network as text or SBML, by the file's suffix; raises ValueError naming what SBML cannot represent."""
    path = Path(path)
    if path.suffix.lower() in _SBML:
        path.write_text(_sbml("sbml_writer").sbml_text(network), encoding="utf-8")
    elif path.suffix.lower() in _TEXT:
        path.write_text(network_text(network), encoding="utf-8")
    else:
        raise ValueError(f"a network is written as .xml, .sbml, .txt or .rn; got {path.name!r}")


def _sbml(module: str) -> ModuleType:
    try:
        return import_module(f".{module}", __package__)
    except ModuleNotFoundError as error:
        if error.name != "libsbml":
            raise
        raise ModuleNotFoundError("SBML needs libSBML; install it with: pip install 'phasebook[sbml]'") from None
