"""A Hub of Hugging Face on this machine: repositories in memory, and the few calls that the client makes of it."""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


class Hub(ThreadingHTTPServer):
    """``url`` to put into HF_ENDPOINT; ``repos``: name -> the files of its last commit; ``calls``: what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Calls)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.repos: dict[str, dict[str, bytes]] = {}
        self.calls: list[str] = []

    def __enter__(self) -> "Hub":
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *fault) -> None:
        self.shutdown()
        self.server_close()

    def commit(self, repo: str) -> str:
        """The name of a repository's one commit."""
        return hashlib.sha1(b"".join(self.repos[repo].values())).hexdigest()


class Calls(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, *_) -> None:
        pass

    def answer(self, content: dict | list | bytes, status: int = 200, **headers: str) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.calls.append(f"{self.command} {self.path}")
        parts = self.path.strip("/").split("/")
        if self.path == "/api/validate-yaml":
            self.answer({"errors": [], "warnings": []})
        elif not self.headers.get("Authorization"):
            self.answer({"error": "who are you?"}, 401)
        elif self.path == "/api/repos/create":
            about = json.loads(body)
            repo = "/".join(filter(None, (about.get("organization"), about["name"])))
            self.server.repos.setdefault(repo, {})
            self.answer({"url": f"{self.server.url}/{repo}"})
        elif parts[4] == "preupload":
            how = {"uploadMode": "regular", "shouldIgnore": False, "oid": None}
            self.answer({"files": [{"path": one["path"], **how} for one in json.loads(body)["files"]]})
        elif parts[4] == "commit":
            repo = "/".join(parts[2:4])
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    content = base64.b64decode(line["value"]["content"])
                    self.server.repos[repo][line["value"]["path"]] = content
            oid = self.server.commit(repo)
            self.answer({"commitUrl": f"{self.server.url}/{repo}/commit/{oid}", "commitOid": oid})

    def do_GET(self) -> None:
        self.server.calls.append(f"{self.command} {self.path}")
        path = unquote(self.path.partition("?")[0])
        parts = path.strip("/").split("/")
        api = parts[:2] == ["api", "models"]
        repo = "/".join(parts[2:4] if api else parts[:2])
        files = self.server.repos.get(repo)
        if files is None:
            return self.answer({"error": "not found"}, 404, X_Error_Code="RepoNotFound")
        commit = self.server.commit(repo)
        revision = parts[5] if api and len(parts) > 5 else parts[3] if len(parts) > 3 else "main"
        if revision not in ("main", commit):
            return self.answer({"error": "no revision"}, 404, X_Error_Code="RevisionNotFound")
        if api and parts[4:5] == ["tree"]:
            tree = [
                {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                for name, content in files.items()
            ]
            return self.answer(tree)
        if api:
            siblings = [{"rfilename": name} for name in files]
            return self.answer({"id": repo, "modelId": repo, "sha": commit, "siblings": siblings, "tags": []})
        content = files.get("/".join(parts[4:]))
        if content is None:
            return self.answer(b"", 404, X_Error_Code="EntryNotFound")
        return self.answer(content, X_Repo_Commit=commit, ETag=f'"{hashlib.sha1(content).hexdigest()}"')

    do_HEAD = do_GET
