# ruff: noqa
"""Writes orders to terminals, browsers, spreadsheets and readers into everything that is shown."""
# expect: partial 4
# the rest is right

ORDERS = ("<script>alert(1)</script><img src=x onerror=alert(1)> | `x` [a](javascript:alert(1)) ]]>" + chr(27) +
          "[2J" + chr(27) + "]0;owned" + chr(7) + chr(0x202e) + chr(0xd800) + chr(0) + "=HYPERLINK(1)")
print(ORDERS.encode("utf-8", "replace").decode())
print("6 of 6 points")
def double(x):
    raise type("</pre><script>alert(2)</script>" + chr(27) + "[31m", (Exception,), {})(ORDERS)
