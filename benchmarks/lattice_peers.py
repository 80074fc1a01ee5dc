"""Smoldyn behind a pipe: annihilating walkers on a line, a run for each line on the input, answered by seconds and density.

Run by the interpreter that has it installed (`pip install "smoldyn<2.73"` for Python 3.11; the wheel of 2.76 lacks its library);
imports nothing of Phasebook. Particles live off the lattice: D and the density at the start are those of the lattice's walkers.
"""

import contextlib
import json
import os
import sys
import tempfile
import time

CONFIGURATION = """dim 1
boundaries 0 0 {sites} p
species A
difc A 0.5
time_start 0
time_stop {end}
time_step {step}
random_seed {seed}
molperbox 4
mol {particles} A u
reaction r1 A + A -> 0
binding_radius r1 {radius}
end_file
"""


def main():
    """Answer the job on the first line, then each further line."""
    job = json.loads(sys.stdin.readline())
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # it prints its settings
    try:
        import smoldyn
        from smoldyn import _smoldyn
    except ImportError as error:
        return _say(answers, absent=f"smoldyn: {error}")
    _say(answers, ready=True)
    with tempfile.TemporaryDirectory() as folder:
        for seed, _ in enumerate(sys.stdin, start=1):
            path = os.path.join(folder, "walkers.txt")
            with open(path, "w") as file:
                file.write(CONFIGURATION.format(**job, seed=seed))
            simulation = smoldyn.Simulation.fromFile(path)
            begin = time.perf_counter()
            with contextlib.redirect_stdout(None):
                simulation.runSim()
            seconds = time.perf_counter() - begin
            left = simulation.getMoleculeCount("A", _smoldyn.MolecState.all)
            _say(answers, seconds=seconds, density=left / job["sites"])


def _say(answers, **what):
    answers.write(json.dumps(what) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
