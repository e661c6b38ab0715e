"""As much of W&B's server as its client needs to start a run, resume it and hand in its rows, on the loopback."""

import gzip
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PROJECT = {"id": "p", "name": "ganlab", "entity": {"id": "e", "name": "me"}}


class Server:
    """``rows[id]`` are the rows of a run's history by line number, as they were handed in."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[int, dict[str, Any]]] = {}
        self.configs: dict[str, str] = {}
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.http.handle_error = lambda request, client: None  # a client that died
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Gone: connections are refused."""
        self.http.shutdown()
        self.http.server_close()

    def steps(self) -> list[int]:
        """``_step`` of each row of the only run, in order of the lines."""
        ((_, rows),) = self.rows.items()
        return [rows[line]["_step"] for line in sorted(rows)]

    def answer(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        """What a GraphQL operation gives."""
        name = given.get("name")
        if operation == "UpsertBucket":
            self.rows.setdefault(name, {})
            self.configs[name] = given.get("config") or self.configs.get(name, "{}")
            bucket = {
                "id": name,
                "name": name,
                "displayName": name,
                "project": PROJECT,
                "historyLineCount": 0,
            }
            return {"upsertBucket": {"bucket": bucket, "inserted": True}}
        if operation == "RunResumeStatus":
            return {"model": {**PROJECT, "bucket": self._resumable(name) if name in self.configs else None}}
        if operation == "CreateRunFiles":
            files = [{"name": file, "uploadUrl": f"{self.url}/{file}"} for file in given["files"]]
            return {"createRunFiles": {"runID": "r", "uploadHeaders": [], "files": files}}
        if operation == "ServerInfo":
            versions = {"max_cli_version": "9.9.9", "min_cli_version": "0.1"}
            return {
                "serverInfo": {"cliVersionInfo": versions, "features": [], "latestLocalVersionInfo": None}
            }
        return {}

    def receive(self, name: str, files: dict[str, Any]) -> None:
        """Lines of a run's files, each file from an offset on."""
        lines = files.get("wandb-history.jsonl", {"offset": 0, "content": []})
        for number, line in enumerate(lines["content"], start=lines["offset"]):
            self.rows[name][number] = json.loads(line)

    def _resumable(self, name: str) -> dict[str, Any]:
        rows = self.rows[name]
        counts = {"historyLineCount": len(rows), "logLineCount": 0, "eventsLineCount": 0}
        tail = json.dumps([json.dumps(rows[len(rows) - 1])] if rows else [])
        texts = {"summaryMetrics": "{}", "eventsTail": "[]", "historyTail": tail, "wandbConfig": '{"t": 1}'}
        return {"id": name, "name": name, "config": self.configs[name], "tags": [], **counts, **texts}


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args) -> None:
            pass

        def do_POST(self) -> None:
            body = self._body()
            if self.path == "/graphql":
                asked = json.loads(body)
                operation = re.search(r"(?:query|mutation)\s+(\w+)", asked["query"])[1]
                self._reply({"data": server.answer(operation, asked.get("variables") or {})})
            elif self.path.endswith("/file_stream"):
                server.receive(self.path.split("/")[-2], json.loads(body).get("files") or {})
                self._reply({})
            else:
                self._reply({})

        def do_PUT(self) -> None:
            self._body()
            self._reply({})

        do_GET = do_PUT

        def _body(self) -> bytes:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

        def _reply(self, answer: dict[str, Any]) -> None:
            text = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    return Handler
