"""What people see: the command line, made from declared tools and a few commands."""
