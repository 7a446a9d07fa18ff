"""The service's REST API, spoken over `requests`: Azure Form Recognizer, today called Document Intelligence."""
