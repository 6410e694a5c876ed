"""The engine of ClickHouse behind its HTTP interface, as far as Ralph asks: `python clickhouse_front.py PORT FOLDER`.

Debian has no ClickHouse that Ralph can use, so its engine runs here inside Python (chdb), one question at a time.
"""

import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import lz4.frame
import zstandard
from chdb.session import Session

TABLE = """
CREATE TABLE xapi.xapi_events_all (event_id UUID NOT NULL, emission_time DateTime64(6) NOT NULL, event String NOT NULL)
ENGINE MergeTree ORDER BY (emission_time, event_id) PRIMARY KEY (emission_time, event_id)
"""
OPENERS = {"": bytes, "lz4": lz4.frame.decompress, "zstd": zstandard.decompress}
ENGINE, ONE = None, threading.Lock()


class Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = dict(parse_qsl(urlsplit(self.path).query))
        body = OPENERS[self.headers.get("Content-Encoding", "")](self._body())
        sql, rows = (asked["query"], body) if "query" in asked else (body, b"")
        if type(sql) is bytes and sql.lstrip().upper().startswith(b"INSERT"):
            sql, _line, rows = sql.partition(b"\n")
        text = sql if type(sql) is str else sql.decode()
        parameters = {name[6:]: value for name, value in asked.items() if name.startswith("param_")}
        try:
            with ONE:
                answer, status = (insert(text, rows) if rows else ask(text, parameters)), 200
        except RuntimeError as error:
            print("refused", text[:200], error, flush=True)
            answer, status = str(error).encode(), 500
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("X-ClickHouse-Timezone", "UTC")
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST

    def _body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def log_message(self, *_):
        pass


def ask(sql, parameters):
    return bytes(ENGINE.query(sql, "TabSeparated", params=parameters or None).bytes() or b"")


def insert(sql, rows):
    """`INSERT INTO table (columns) FORMAT Native`: the rows by way of a file, which the engine reads by itself."""
    into, _format, kind = sql.partition(" FORMAT ")
    with tempfile.NamedTemporaryFile(dir=sys.argv[2]) as file:
        file.write(rows)
        file.flush()
        ENGINE.query(f"{into} SELECT * FROM file('{file.name}', '{kind.strip()}')")
    return b""


if __name__ == "__main__":
    Path(sys.argv[2]).mkdir(exist_ok=True)
    ENGINE = Session(str(Path(sys.argv[2]) / "engine"))
    ENGINE.query("CREATE DATABASE xapi")
    ENGINE.query(TABLE)
    ENGINE.query("USE xapi")
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Front).serve_forever()
