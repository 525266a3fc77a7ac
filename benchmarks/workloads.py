"""All workloads, by name."""

from benchmarks import w1_classifier, w2_gan, w3_wgan, w4_penalty, w5_diffusion, w6_overhead

WORKLOADS = [
    workload
    for module in (w1_classifier, w2_gan, w3_wgan, w4_penalty, w5_diffusion, w6_overhead)
    for workload in module.WORKLOADS
]


def find(names):
    """The workloads of these names; W4 is also "W4 wide"; all without names.  SystemExit for a name that is none."""
    unknown = [name for name in names if not any(_matches(w, name) for w in WORKLOADS)]
    if unknown:
        raise SystemExit(f"no workload {', '.join(unknown)}; there are {', '.join(w.name for w in WORKLOADS)}")
    return [w for w in WORKLOADS if not names or any(_matches(w, name) for name in names)]


def one(name):
    """The workload of exactly this name."""
    (workload,) = [w for w in WORKLOADS if w.name == name]
    return workload


def _matches(workload, name):
    return name in (workload.name, workload.name.partition(" ")[0])
