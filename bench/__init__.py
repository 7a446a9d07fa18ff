"""Benchmarks: each measures one thing, says how, and prints one table."""
