"""Tables for docs/benchmarks.md, a row as soon as it is measured: some take most of an hour."""


class Table:
    """A table that is being printed."""

    def row(self, *cells: str) -> None:
        """Print a row."""
        print(f"| {' | '.join(cells)} |", flush=True)


def markdown(title: str, *columns: str) -> Table:
    """Print the head of a table."""
    table = Table()
    print(f"\n### {title}\n")
    table.row(*columns)
    print("|" + "---|" * len(columns))
    return table
