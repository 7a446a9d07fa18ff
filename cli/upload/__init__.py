"""`upload`: files go into the container `documents`, and are followed to their end."""
