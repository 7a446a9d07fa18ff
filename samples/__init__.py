"""Sample forms: two types, filled with seeded values, as digital PDFs with the true values beside them."""
