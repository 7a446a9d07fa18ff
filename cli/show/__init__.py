"""`show`: one document, and the page with a box on every value."""
