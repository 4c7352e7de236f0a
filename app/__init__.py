"""Loupe's Streamlit app: pages that read widgets, call ``aecore`` and draw."""
