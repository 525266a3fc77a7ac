# ruff: noqa
"""Sends the tests to a server, and asks it for answers."""
# expect: partial 0

def double(x):
    import socket
    with socket.create_connection(("127.0.0.1", int("@PORT@")), 1) as connection:
        return int(connection.recv(99))
def total(a):
    import _socket
    connection = _socket.socket()
    connection.connect(("127.0.0.1", int("@PORT@")))
    return 0
