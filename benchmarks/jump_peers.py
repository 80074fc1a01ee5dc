"""A peer's simulator behind a pipe: started with one job, it answers each line on its input with the seconds of one run.

Run by the interpreter that has the peer installed; imports nothing of Phasebook. What a run takes excludes reading and compiling.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def _gillespy2(job):
    # It builds by SCons under the base interpreter, which doesn't see a virtual environment's packages.
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path.endswith("site-packages"))
    import gillespy2

    network = job["network"]
    model = gillespy2.Model("peer")
    names = [f"S{i}" for i in range(len(network["counts"]))]
    model.add_species(
        [gillespy2.Species(name, int(n), mode="discrete") for name, n in zip(names, network["counts"], strict=True)]
    )
    for r, (rate, reactants, products) in enumerate(network["reactions"]):
        factors = [repr(rate)]
        for i, order in reactants:
            factors += [names[i]] + [f"({names[i]}-{taken})" for taken in range(1, order)]
        model.add_reaction(
            gillespy2.Reaction(
                name=f"r{r}",
                reactants={names[i]: order for i, order in reactants},
                products={names[i]: order for i, order in products},
                propensity_function="*".join(factors),
            )
        )
    model.timespan(gillespy2.TimeSpan.linspace(t=job["end"], num_points=job["points"]))
    solver = gillespy2.SSACSolver(model=model)
    return lambda seed: solver.run(number_of_trajectories=job["trajectories"], seed=seed + 1)


def _roadrunner(job):
    import roadrunner

    runner = roadrunner.RoadRunner(job["sbml"])
    runner.setIntegrator("gillespie")
    runner.getIntegrator().setValue("variable_step_size", False)

    def run(seed):
        runner.getIntegrator().setValue("seed", seed + 1)
        for _ in range(job["trajectories"]):
            runner.reset()
            runner.simulate(0, job["end"], job["points"])

    return run


def _run_network(job):
    import bionetgen

    program = Path(bionetgen.__file__).parent / "bng-linux" / "bin" / "run_network"
    folder = tempfile.mkdtemp()
    options = ["-p", "ssa", "--cdat", "0", "--fdat", "0", "-g", job["net"], job["net"], str(job["end"]), "1"]

    def run(seed):
        for each in range(job["trajectories"]):
            command = [str(program), "-o", f"{folder}/out", "-h", str(seed + each + 1), *options]
            subprocess.run(command, check=True, capture_output=True)

    return run


def main():
    job = json.loads(sys.stdin.readline())
    begin = time.perf_counter()
    try:
        run = {"gillespy2": _gillespy2, "libroadrunner": _roadrunner, "run_network": _run_network}[job["peer"]](job)
        run(0)
    except Exception as error:
        print(json.dumps({"absent": f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"}), flush=True)
        return
    print(json.dumps({"ready": time.perf_counter() - begin}), flush=True)
    for seed, _ in enumerate(sys.stdin):
        begin = time.perf_counter()
        run(seed)
        print(json.dumps({"seconds": time.perf_counter() - begin}), flush=True)


main()
