"""Numbered, forward-only changes of the schema; `sql.migrate` runs them."""
