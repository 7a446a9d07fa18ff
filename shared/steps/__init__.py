"""What happens to a document: submit, poll, store; and what is done when that fails."""
