# ruff: noqa
"""Returns lists, tuples and dicts of its own classes, which are endless or say another length."""
# expect: partial 1

class Endless(tuple):
    def __iter__(self):
        while True:
            yield 1
class Short(list):
    def __iter__(self): yield from [1, 2, 3]
    def __len__(self): return 1
class Same(dict):
    def __iter__(self): return iter(["a"] * 3)
    def __getitem__(self, key): return self
class Number(int):
    def bit_length(self): return 8
    def __int__(self): return 5
    def __index__(self): return 5
    def to_bytes(self, *args, **kwargs): raise SystemExit
    def __eq__(self, other): return True
double = lambda x: Endless()
order = lambda xs: Short()  # which is right
total = lambda a: Same()
apply = lambda f, x: Number(10)
