"""`report`: how surely each field is read."""
