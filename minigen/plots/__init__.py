"""The figures of the lectures, one function each.  Each returns a matplotlib Figure, which a notebook shows.

matplotlib is loaded when the first figure is drawn.
"""

from minigen.plots.gradients import descent_on_a_quadratic, descent_paths, difference_errors, logits_in_float32

__all__ = ["descent_on_a_quadratic", "descent_paths", "difference_errors", "logits_in_float32"]
