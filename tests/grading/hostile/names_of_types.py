# ruff: noqa
"""Returns and raises what is named with orders to terminals and browsers."""
# expect: partial 0

class Named: pass
Named.__name__ = Named.__qualname__ = chr(27) + "[31m" + chr(0x202e) + "</pre><script>alert(1)</script>"
double = Named()
total = lambda a: Named()
order = Named
def apply(f, x): raise KeyError(chr(0) + chr(27) + "[2J" + chr(0xd800) + "`` </pre><img src=x>")
def draw(rng, n): raise type(Named.__name__, (Exception,), {})(Named.__name__)
