"""A small server to stand behind a gate."""
import contextlib
import http.server
import threading


class Upstream(http.server.BaseHTTPRequestHandler):
    """Says who oauth2-proxy says it is."""

    def do_GET(self):
        text = f"<html><body>welcome {self.headers.get('X-Forwarded-Email')} at {self.path}</body></html>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def upstream():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join(10)
    server.server_close()
