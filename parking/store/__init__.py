"""PostgreSQL: one typed function for each named query of sql/parking; no decisions."""
