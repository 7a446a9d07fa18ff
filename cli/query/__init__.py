"""`query`: what was read, as rows."""
