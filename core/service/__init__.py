"""The warm process, the client that reaches it, and the ways that need neither."""
