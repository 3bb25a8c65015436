"""A small web server that stands beside a daemon which has none: the page, and the node's name in its head.

It has no priority over others, as ours has none.
"""

import select
import socket
import sys


def respond(name: str, port: int, page: bytes) -> None:
    """Answers every request with the page, and closes; connections that ask for nothing hold up no one."""
    server = socket.create_server(("0.0.0.0", port), backlog=1024)
    server.setblocking(False)
    head = ["HTTP/1.1 200 OK", f"X-Served-By: {name}", f"Content-Length: {len(page)}", "Connection: close", "", ""]
    answer = "\r\n".join(head).encode() + page
    poll = select.epoll()
    poll.register(server, select.EPOLLIN)
    waiting: dict[int, socket.socket] = {}
    while True:
        for handle, _ in poll.poll():
            try:
                if handle == server.fileno():
                    connection, _ = server.accept()
                    connection.setblocking(False)
                    waiting[connection.fileno()] = connection
                    poll.register(connection, select.EPOLLIN)
                elif handle in waiting:
                    poll.unregister(handle)
                    with waiting.pop(handle) as connection:
                        if connection.recv(4096):
                            connection.sendall(answer)
            except OSError:
                continue


if __name__ == "__main__":
    with open(sys.argv[3], "rb") as file:
        respond(sys.argv[1], int(sys.argv[2]), file.read())
