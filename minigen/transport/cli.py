"""`minigen distance A B`: the distance between two sets of points, with the proof that it is right."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from minigen.data import load_points
from minigen.transport.costs import cost_matrix
from minigen.transport.plan import transport_plan

LARGEST = 8000  # points per side: C takes 512 MB then, the solution about a minute


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `minigen distance`."""
    parser.add_argument("a", type=Path, metavar="A", help="points, one per row: .npy, .csv, .tsv or .txt")
    parser.add_argument("b", type=Path, metavar="B", help="points with as many columns")
    parser.add_argument("--p", type=float, default=1.0, help="exponent of the cost |x - y|^p, at least 1 (default 1)")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the plan (.png, .svg, .pdf; first two columns)")


def run(args: argparse.Namespace) -> int:
    """Print the distance and its certificate; 0 if all went well, 2 if the input cannot be used."""
    try:
        if not 1 <= args.p < np.inf:
            raise ValueError(f"--p is {args.p:g}, expected a number from 1 upwards")
        if args.plot is not None and args.plot.suffix.lower() not in (".png", ".svg", ".pdf"):
            raise ValueError(f"--plot {args.plot}: the name must end in .png, .svg or .pdf")
        if args.plot is not None and not args.plot.parent.is_dir():
            raise ValueError(f"--plot {args.plot}: there is no folder {args.plot.parent}; make it first")
        x, y = load_points(args.a), load_points(args.b)
        for path, points in ((args.a, x), (args.b, y)):
            if len(points) > LARGEST:
                raise ValueError(f"{path} holds {len(points)} points, more than {LARGEST}: take a random part of them")
        if x.shape[1] != y.shape[1]:
            raise ValueError(f"{args.a} has {x.shape[1]} columns and {args.b} has {y.shape[1]}: they must agree")
        with np.errstate(over="ignore"):  # cost_matrix refuses costs that are infinite, in words
            cost = cost_matrix(x, y, args.p)
        plan = transport_plan(None, None, cost)
        certificate = plan.check()
    except (ValueError, OSError, ArithmeticError, AssertionError) as error:
        print(f"minigen distance: {error}", file=sys.stderr)
        return 2
    earned = float(plan.a @ plan.u + plan.b @ plan.v)
    print(f"W_{args.p:g} = {max(float(plan.cost), 0.0) ** (1 / args.p):.10g}")
    print(f"between {len(x)} and {len(y)} points in {x.shape[1]} dimensions, uniform weights, cost |x - y|^{args.p:g}")
    print()
    print("Certificate (no plan is cheaper than any admissible prices earn):")
    print(f"  the plan costs      {float(plan.cost):.15g}")
    print(f"  the prices earn     {earned:.15g}")
    print(f"  gap                 {certificate.gap:.1e}   (allowed {1e-9 * certificate.scale:.1e})")
    print(f"  price above a cost  {max(certificate.excess, 0.0):.1e}")
    print(f"  error of marginals  {certificate.marginal_error:.1e}   (of total mass 1)")
    if args.plot is not None:
        from minigen.plots.transport import plan_on_points

        try:
            plan_on_points(x, y, plan).savefig(args.plot)
        except OSError as error:
            print(f"minigen distance: {error}", file=sys.stderr)
            return 2
        print(f"\nplan drawn in {args.plot}")
    return 0
