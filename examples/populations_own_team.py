"""One agent or a team? Measured from your own records.

python examples/populations_own_team.py [answers.csv messages.csv] [--budget 100000] [--window 4000]

answers: agent,task,compute,correct    (compute in tokens, positive; correct 0 or 1)
messages: m,sent,received              (m tokens, positive; votes +1 or -1)
JSON (a list of objects with these keys) works as well. Without files, small synthetic ones are written to a temporary folder.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from phasebook import populations


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure your agents and find the best team that a budget buys.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="answers, then messages (.csv or .json)")
    parser.add_argument("--budget", type=float, default=100_000.0, help="tokens for one task, all agents together")
    parser.add_argument("--window", type=float, default=4_000.0, help="tokens that one agent can read")
    options = parser.parse_args()
    if len(options.files) not in (0, 2):
        parser.error("give two files, answers and messages, or none")
    try:
        if options.files:
            recommend(*options.files, options.budget, options.window)
        else:
            with tempfile.TemporaryDirectory() as folder:
                recommend(*write_synthetic_records(Path(folder)), options.budget, options.window)
    except (OSError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def write_synthetic_records(folder: Path) -> tuple[Path, Path]:
    """The records of synthetic agents, as files like a user's."""
    answers, messages = populations.example_records()
    populations.write_answers(answers, folder / "answers.csv")
    populations.write_messages(messages, folder / "messages.csv")
    print("no files given: synthetic agents with exponent 0.2, correlation 0.1, fidelity 1 - exp(-m / 15)\n")
    return folder / "answers.csv", folder / "messages.csv"


def recommend(answers: Path, messages: Path, budget: float, window: float) -> None:
    """Print what was measured and the team to use."""
    found = populations.calibrate_team(populations.read_answers(answers), populations.read_messages(messages), seed=0)
    for name, measured in (("exponent beta", found.law.exponent), ("correlation rho", found.correlation)):
        low, high = populations.confidence_interval(measured)
        print(f"{name:18s} {measured.value:.4f}   (95%: {low:.4f} to {high:.4f})")
    for tokens, measured in zip(found.fidelity.tokens, found.fidelity.measured, strict=True):
        low, high = populations.confidence_interval(measured)
        print(f"gamma({tokens:g} tokens)".ljust(18), f"{measured.value:.4f}   (95%: {low:.4f} to {high:.4f})")
    choice = populations.search_team(found.situation(budget, window))
    best = choice.best
    print(f"\nbudget {budget:g} tokens, window {window:g} tokens, shared failures: {choice.shared} messages")
    print(f"one agent          accuracy {(1 + choice.single_agent_bias) / 2:.4f}")
    print(
        f"best team          accuracy {(1 + best.root_bias) / 2:.4f}: fan-in {best.tree.fan_in}, depth {best.depth},"
        f" {best.leaves} agents with {best.leaf_compute:.0f} tokens each, messages of {best.message_tokens:.0f} tokens"
    )
    print(f"regime             {best.regime}; {choice.compared} teams compared")
    print("use the team" if choice.team_wins else "use one agent")


if __name__ == "__main__":
    main()
