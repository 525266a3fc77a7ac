# ruff: noqa
"""Raises an error that raises an error when it is asked what it is."""
# expect: partial 4
# the rest is right

class Meta(type):
    @property
    def __name__(cls): raise SystemExit
class Evil(BaseException, metaclass=Meta):
    def __str__(self): raise Evil
    __repr__ = __str__
    def __getattribute__(self, name): raise Evil
def double(x):
    raise Evil
