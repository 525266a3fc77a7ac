# ruff: noqa
"""Imports the library that solves the exercise."""
# expect: crashed 0

import sys
sys.path[:0] = ["@FOLDER@", "/autograder/source", "."]
from honest import *
