"""What runs inside the worker, beside a stranger's code: the standard library, NumPy, and this folder.

Nothing here is a secret, and nothing outside here is imported: no tests, no right answers, no grades.
"""
