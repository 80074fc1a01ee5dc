"""Writes the states that ncps gives over 100 random steps, with the weights that gave them: what our cells are held against.

Run where ncps and PyTorch are installed: `python benchmarks/ncps_states.py src/phasebook/sequences/weights/ncps_cells.npz`.
"""

import sys

import numpy as np
import torch
from ncps.torch import CfCCell, LTCCell
from ncps.torch.wired_cfc_cell import WiredCfCCell
from ncps.wirings import NCP, FullyConnected

STEPS, BATCH, INPUTS, UNITS = 100, 2, 3, 6


def main(path: str) -> None:
    """Walk five cells along the same inputs and gaps, and save all of it."""
    random = np.random.default_rng(1)
    inputs = random.normal(size=(STEPS, BATCH, INPUTS)).astype(np.float32)
    gaps = random.uniform(0.1, 2, size=(STEPS, BATCH)).astype(np.float32)
    held = {"inputs": inputs, "gaps": gaps}
    for name, (cell, units) in cells().items():
        state, states = torch.zeros(BATCH, units), []
        for row, gap in zip(inputs, gaps, strict=True):
            with torch.no_grad():
                _, state = cell(torch.from_numpy(row), state, torch.from_numpy(gap[:, None]))
            states.append(state.numpy())
        held[f"{name}|states"] = np.stack(states)
        held |= {f"{name}|{key}": value.detach().numpy() for key, value in cell.named_parameters()}
    np.savez_compressed(path, **held)


def cells() -> dict:
    """Three variants with two layers of 8, a wired cell, and liquid neurons; with their numbers of units."""
    torch.manual_seed(2)
    found = {
        mode: (CfCCell(INPUTS, UNITS, mode=mode, backbone_units=8, backbone_layers=2), UNITS)
        for mode in ("default", "no_gate", "pure")
    }
    pure, _ = found["pure"]
    torch.nn.init.normal_(pure.w_tau)
    torch.nn.init.normal_(pure.A)
    found["wired"] = (WiredCfCCell(INPUTS, NCP(5, 4, 2, 2, 2, 3, 2, seed=4)), 11)
    wiring = FullyConnected(UNITS)
    wiring.build(INPUTS)
    found["ltc"] = (LTCCell(wiring, INPUTS, ode_unfolds=6), UNITS)
    return found


if __name__ == "__main__":
    main(sys.argv[1])
