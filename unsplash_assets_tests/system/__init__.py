"""Tests of the whole: across rooms, processes, and the project itself."""
