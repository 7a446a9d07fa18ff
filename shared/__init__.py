"""What the functions are made of."""
