"""Postgres: one typed function per named query of `sql/payments/`. Nothing is decided here."""
