"""One module for each way in which a plugin can fail."""
