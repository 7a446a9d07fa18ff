"""What an operator types: `python -m cli COMMAND`."""
