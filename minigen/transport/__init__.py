"""Optimal transport, exactly: plans with certificates, Wasserstein distances with gradients, prices as critics."""

from minigen.transport.assignment import Assignment, assignment
from minigen.transport.costs import cost_matrix
from minigen.transport.duality import KantorovichPotential, kantorovich_potential
from minigen.transport.gradients import transport_cost, wasserstein_1d, wasserstein_distance
from minigen.transport.modi import Tableau, modi, north_west_corner
from minigen.transport.plan import Certificate, TransportPlan, is_optimal, transport_plan
