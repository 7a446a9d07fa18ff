"""`train`: a model is made of forms, and registered."""
