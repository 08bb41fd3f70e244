"""A synthetic population of any size: drawn (population), turned into rows (rows), written in bulk (copying)."""
