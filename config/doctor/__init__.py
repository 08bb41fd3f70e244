"""Tries every dependency for real; `manage.py doctor` prints what it finds."""
