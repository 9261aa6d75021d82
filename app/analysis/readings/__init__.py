"""Two readings of one document, the model's and the built-in parser's, become one result."""
