"""Tests of aecore.bundles."""
