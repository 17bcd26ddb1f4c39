"""The gradebook's history: one module a change, each applied once to a file, in order."""
