"""Files behind HTTP on this machine: whole or from a place on, and cut off as often as a test wants."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer(ThreadingHTTPServer):
    """``files`` by path; ``cuts``: how many times an answer of a path breaks off in its middle.

    ``ranges``: does it know parts of files? ``calls``: method, path and the part that was asked for.
    """

    def __init__(self, files: dict[str, bytes], *, ranges: bool = True, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Answers)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.files, self.ranges = files, ranges
        self.cuts: dict[str, int] = {}
        self.calls: list[str] = []

    def __enter__(self) -> "FileServer":
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *fault) -> None:
        self.shutdown()
        self.server_close()


class Answers(BaseHTTPRequestHandler):
    server: FileServer

    def log_message(self, *_) -> None:
        pass

    def do_GET(self) -> None:
        part = self.headers.get("Range", "")
        self.server.calls.append(f"{self.command} {self.path} {part}".strip())
        content = self.server.files.get(self.path.partition("?")[0])
        if content is None:
            return self.send_error(404)
        start = int(part.removeprefix("bytes=").partition("-")[0]) if part and self.server.ranges else 0
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("ETag", f'"{hashlib.sha1(content).hexdigest()}"')
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        if self.command == "HEAD":
            return None
        rest = content[start:]
        if self.server.cuts.get(self.path, 0) > 0:
            self.server.cuts[self.path] -= 1
            rest = rest[: len(rest) // 2]
        self.wfile.write(rest)
        self.close_connection = True

    do_HEAD = do_GET
