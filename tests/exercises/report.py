"""`make grading-report`: the graders graded, written to docs/grading.md and docs/grading.csv.

    python tests/exercises/report.py [NN ... | hostile] [--seeds 200] [--kept]

Without names everything that is not measured yet is; with names, these exercises, or the hostile suite.  Every part is
kept in build/grading-report as soon as it is done, so that Ctrl-C loses one part at most.
"""

import argparse
import csv
import sys
from typing import Any

from answers import NAMES, SEEDS, equivalents, functions, mutants_of, rights, wrongs
from measure import ROOT, Part, hostile_part, parts_of
from tqdm import tqdm

from minigen.grading.choice import problem
from minigen.grading.visible import visible
from minigen.grading.walls import Wall, walls

COLUMNS = ("exercise", "functions", "points", "right answers", "wrong answers", "caught", "mutants", "equivalent",
           "killed", "score", "seeds", "rejected in process", "rejected walled", "CPU s per submission")  # fmt: skip

HEAD = """# The graders, graded

Written by `make grading-report`; no number here is typed in. Each part is measured again when what it depends on
changes.

- **Right answers** are the reference and others, written independently (loops, einsum, in place, float32 ...). Each was
  graded once as a submission behind the wall, and had to get all points; the untouched stub had to get 0.
- **Rejected** are right answers that lost any point, of answers x seeds. The inputs of each seed are those of
  `minigen check NN --seed SEED`; every right answer gets all of them twice: called in process, and in a worker behind
  {wall}. They are drawn once for all, and a worker is kept for all seeds of
  its answer.
- **Wrong answers** are written by hand, after mistakes that students make; one is caught if the first test that it
  loses has the hint that names its error.
- **Mutants** are made by rule from the reference (tests/exercises/reference_mutants.py: arithmetic, signs, constants,
  comparisons, lost statements and updates, swapped arguments, axes, keywords). One is killed if a test is lost with the
  inputs of seed {seeds[0]} or of another seed, {seeds[1]}, as `minigen grade` does. Those that are as right as the
  reference, or differ by less than a kind test may ask for, are called equivalent and listed below, each with the
  reason; that they survive is measured too. The score is killed / (mutants - equivalent).
- **Seconds** are of computing, for one right submission from start to end, in the mean.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NN")
    parser.add_argument("--seeds", type=int, default=200, help="of right answers (%(default)s)")
    parser.add_argument("--kept", action="store_true", help="measure nothing, write what is kept")
    args = parser.parse_args()
    names = [name.zfill(2) if name.isdigit() else name for name in args.names]
    if unknown := [name for name in names if name not in ("hostile", *(exercise[:2] for exercise in NAMES))]:
        parser.error(f"there is no {unknown[0]}; there are {', '.join(e[:2] for e in NAMES)} and hostile")
    standing = [wall for wall in walls() if not problem(wall)]
    wall = standing[0] if standing else None
    chosen = [exercise for exercise in NAMES if not names or exercise[:2] in names]
    parts = [part for exercise in chosen for part in parts_of(exercise, wall, args.seeds)]
    parts += [hostile_part(wall) for wall in standing] if not names or "hostile" in names else []
    parts.sort(key=lambda part: (part.name[2:] if "seeds" in part.name else ""))  # what takes longest comes last
    try:
        _measure([part for part in parts if part.kept() is None and not args.kept])
    except KeyboardInterrupt:
        print("\nstopped; what is measured is kept", file=sys.stderr)
    rows = [_row(exercise, wall, args.seeds) for exercise in NAMES]
    page, table = ROOT / "docs" / "grading.md", ROOT / "docs" / "grading.csv"
    page.write_text(_page(rows, wall, standing, args.seeds), encoding="utf-8")
    with open(table, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    print(f"{page.relative_to(ROOT)} and {table.name} are written")
    return 0


def _measure(parts: list[Part]) -> None:
    with tqdm(total=sum(part.size for part in parts), unit="", smoothing=0, disable=not parts) as bar:
        for part in parts:
            bar.set_description(part.name)
            start = bar.n
            part.measure(bar.update)
            bar.update(part.size - (bar.n - start))


def _row(exercise: str, wall: Wall | None, seeds: int) -> list[Any]:
    """The exercise's row of the table; "" for what is not measured with the present files."""
    found = {part.name[3:]: part.kept() for part in parts_of(exercise, wall, seeds)}
    row: list[Any] = [exercise[:2], len(functions(exercise)), "", len(rights(exercise)), len(wrongs(exercise))]
    row += [found["wrong"]["caught"] if found["wrong"] else ""]
    row += [len(mutants_of(exercise)), len(equivalents(exercise))]
    if found["mutants"]:
        killed = sum(bool(test) for name, test in found["mutants"].items() if name not in equivalents(exercise))
        row += [killed, f"{100 * killed / (row[6] - row[7]):.1f} %"]
    else:
        row += ["", ""]
    blocks = [value for name, value in found.items() if name.startswith("seeds") and value]
    row += [sum(block["seeds"] for block in blocks)]
    for mode in ("in process", "walled"):
        lost = [seed for block in blocks for seeds in block["rejected"][mode].values() for seed in seeds]
        row += [f"{len(lost)} of {row[3] * row[10]}" if blocks else ""]
    if submissions := found.get("submissions"):
        row[2] = submissions["stub"]["points"]
        full = [s for name, s in submissions.items() if name != "stub"]
        right = sum(s["status"] == "ok" and s["earned"] == s["points"] for s in full)
        row[3] = row[3] if right == len(full) and not submissions["stub"]["earned"] else f"{right} of {len(full)}"
        row += [f"{sum(s['cpu'] for s in full) / len(full):.1f}"]
    else:
        row += [""]
    return row


def _page(rows: list[list[Any]], wall: Wall | None, standing: list[Wall], seeds: int) -> str:
    text = HEAD.format(wall=wall.stamp if wall else "no wall (none stands here)", seeds=SEEDS) + "\n"
    text += _table(COLUMNS, rows)
    survivors, reasons, unknown = [], [], []
    for exercise in NAMES:
        part = next(part for part in parts_of(exercise, wall, seeds) if part.name.endswith("mutants"))
        killers, name = part.kept(), exercise[:2]
        unknown += [name] if killers is None else []
        alive = [mutant for mutant, test in (killers or {}).items() if not test]
        survivors += [(name, f"`{mutant}`") for mutant in alive if mutant not in equivalents(exercise)]
        for mutant, reason in equivalents(exercise).items():
            test = (killers or {}).get(mutant)
            reasons.append((name, f"`{mutant}`", f"**no: {test}**" if test else reason))
    text += "\n## Mutants that survive\n\n"
    text += f"Not measured with the present files: {', '.join(unknown)}.\n\n" if unknown else ""
    text += _table(("exercise", "mutant"), survivors) if survivors else "None but these:\n"
    text += "\n## Mutants that are as right as the reference\n\n" + _table(("exercise", "mutant", "why"), reasons)
    return text + _hostile({wall.name: hostile_part(wall).kept() for wall in standing})


def _hostile(found: dict[str, Any]) -> str:
    """The hostile suite's summary for each wall, and what each case got."""
    text = "\n## Submissions that want points without solving anything\n\n"
    found = {name: value for name, value in found.items() if value}
    if not found:
        return text + "Not measured with the present files: `make grading-report NN=hostile`.\n"
    text += (
        "Each case was graded behind each wall, with honest submissions before, between and after. Forged: more points "
        "than\nsolved. Touched: files of theirs, of the instructor and of others that are not as they were. Visitors: "
        "connections to a\nserver on the same machine. Left: processes, five seconds after the end.\n\n"
    )
    sums = [(value["stamp"], len(value["rows"]), sum(row[3] for row in value["rows"]), len(value["forged"]),
             len(value["touched"]), value["visitors"], len(value["left"])) for value in found.values()]  # fmt: skip
    text += _table(("wall", "cases", "as expected", "forged", "touched", "visitors", "left"), sums) + "\n"
    by_wall = {name: {row[0]: row for row in value["rows"]} for name, value in found.items()}
    first = next(iter(by_wall.values()))
    rows = [(f"`{_shown(case)}`", row[1], *(rows[case][2] for rows in by_wall.values())) for case, row in first.items()]
    return text + _table(("case", "expected: status, points", *(f"seen: {name}" for name in by_wall)), rows)


def _shown(name: str) -> str:
    return visible(name)


def _table(head: tuple, rows: list) -> str:
    lines = [head, ["---"] * len(head), *rows]
    cells = ([str(cell).replace("|", "\\|") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


if __name__ == "__main__":
    sys.exit(main())
