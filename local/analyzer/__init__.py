"""An offline stand-in for Azure Form Recognizer: it speaks the REST API, learns from sample forms and reads PDFs."""
