"""Print the table of docs/believing.md: `python tests/statistics/table.py`."""

import cases
import simulation

HEAD = "| test rows | coverage of 95 % | size of 5 %: better, worse |\n|---|---|---|"


def cells(name, shape, count):
    size = simulation.size(shape, count) if hasattr(shape, "two") else None
    sizes = "" if size is None else f"{size[0]:.3f}, {size[1]:.3f}"
    return f"| {name} | {simulation.coverage(shape, count):.3f} | {sizes} |"


def main():
    count = simulation.repetitions()
    print(f"{count} repetitions, {simulation.RESAMPLES} resamples each\n\n{HEAD}")
    for group in (cases.INDEPENDENT, cases.FEW, cases.DEPENDENT, cases.UNCOVERED):
        for name, shape in group.items():
            print(cells(name, shape, count), flush=True)
    for name in cases.REFUSED:
        print(f"| {name} | no interval | |")


if __name__ == "__main__":
    main()
