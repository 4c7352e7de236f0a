"""What the pages are made of: one verb a module."""
