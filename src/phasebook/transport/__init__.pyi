from .one_dimensional_laws import CellLaw as CellLaw
from .one_dimensional_laws import even_edges as even_edges
from .one_dimensional_laws import ode_quantiles as ode_quantiles
from .one_dimensional_laws import sde_law as sde_law
