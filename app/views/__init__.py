"""The pages, a script each, run by the router in ``app/main.py``."""
