"""Pages and static files, packaged with the function."""
