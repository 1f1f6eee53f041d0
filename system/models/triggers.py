"""Triggers that our tables share: some see all rows a statement changed at once, by PostgreSQL's transition tables."""

import pgtrigger

_TABLES = {
    pgtrigger.Insert: {"new": "new_rows"},
    pgtrigger.Delete: {"old": "old_rows"},
    pgtrigger.Update: {"old": "old_rows", "new": "new_rows"},
}

# `touched` is compared with snapshots: what they do not see yet has changed since, whatever order commits came in.
_TOUCH = "NEW.touched = pg_current_xact_id()::text::bigint; RETURN NEW;"


def touching() -> pgtrigger.Trigger:
    """A trigger that puts the number of the transaction into the column `touched` of each row that is written."""
    return pgtrigger.Trigger(
        name="touch", when=pgtrigger.Before, operation=pgtrigger.Insert | pgtrigger.Update, func=_TOUCH
    )


def after_statement(name: str, operation: pgtrigger.Operation, func: str) -> pgtrigger.Trigger:
    """A trigger that runs `func` (PL/pgSQL, returns NULL) once after each INSERT, UPDATE or DELETE statement.

    `func` reads the rows as they were in `old_rows` and as they are in `new_rows`, as far as the operation has them.
    """
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**_TABLES[operation]),
        func=func,
    )
