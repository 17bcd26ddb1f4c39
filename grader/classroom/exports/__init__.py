"""Writes a gradebook's rows for other programs: as a table, and for Canvas."""
