"""`status`: where the documents are."""
