"""A number with its error: what every measurement in Phasebook returns."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """A measured value with its standard error and the degrees of freedom behind that error.

    `dof` is infinite where the standard error is known rather than estimated (a binomial share, a stated bound);
    `seed` is the seed of the measurement, where there is one.
    """

    value: float
    stderr: float
    dof: float
    seed: int | None = None

    def __post_init__(self) -> None:
        for name in ("value", "stderr", "dof"):
            object.__setattr__(self, name, float(getattr(self, name)))
        if self.stderr < 0:
            raise ValueError(f"stderr must not be negative; got {self.stderr:g}")
        if self.dof <= 0:
            raise ValueError(f"dof must be positive (math.inf for a known standard error); got {self.dof:g}")

    def __str__(self) -> str:
        return f"{self.value:.6g} ± {self.stderr:.2g}"
