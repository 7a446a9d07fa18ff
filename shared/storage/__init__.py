"""Where documents, messages and rows are kept: Azure Blob, Queue and Table Storage."""
