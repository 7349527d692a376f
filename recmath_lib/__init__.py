"""The library of the course: every numbered equation of the lessons as readable, checked code."""

__version__ = "0.1.0"
