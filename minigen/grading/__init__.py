"""What an exercise's test file needs: the student's answers, and the points and the hint of each test.

    from minigen.grading import assert_close, hint, points, sub

    @points(2)
    @hint("clip after the step, not before it")
    @given(...)
    def test_clip_range(w, c):
        \"\"\"no weight leaves [-c, c]\"\"\"
        assert_close(sub.clip(w, c), want, rtol=1e-6)

A test is named test_FUNCTION_aspect after the function of the exercise that it is about; its docstring is its title.
"""

from minigen.grading.marks import assert_close, hint, points
from minigen.grading.submission import Submission, SubmissionError, sub

__all__ = ["Submission", "SubmissionError", "assert_close", "hint", "points", "sub"]
