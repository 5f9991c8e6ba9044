"""Two browsers for tests: one of urllib with a cookie jar that fills in forms, and Debian's Chromium without a window, spoken to over its
debugging pipe (https://chromedevtools.github.io/devtools-protocol/). Both go through a proxy."""
import fcntl
import html.parser
import http.cookiejar
import json
import os
import select
import shutil
import ssl
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from parts import ends_with_us


class Forms(html.parser.HTMLParser):
    """The forms of a page: (method, action, fields)."""

    def __init__(self, page):
        super().__init__()
        self.forms = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.forms.append((given.get("method", "get").upper(), given.get("action", ""), {}))
        elif tag == "input" and self.forms and given.get("name"):
            self.forms[-1][2][given["name"]] = given.get("value", "")


class JarBrowser:
    """Follows redirects with its cookies, submits forms."""

    name = "a client with a cookie jar"

    def __init__(self, proxy, ca):
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({"https": proxy}), urllib.request.HTTPCookieProcessor(self.jar),
                                                  urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca)))
        self.url, self.page, self.status = "", "", 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def open(self, url, data=None):
        request = urllib.request.Request(url, data, {"Accept": "text/html"})
        try:
            with self.opener.open(request, timeout=30) as reply:
                self.url, self.page, self.status = reply.url, reply.read().decode("utf-8", "replace"), reply.status
        except urllib.error.HTTPError as reply:
            self.url, self.page, self.status = reply.url, reply.read().decode("utf-8", "replace"), reply.code

    def submit(self, **fields):
        """The first form of the page, with these fields filled in."""
        method, action, values = Forms(self.page).forms[0]
        to, data = urllib.parse.urljoin(self.url, action), urllib.parse.urlencode(values | fields)
        self.open(to, data.encode()) if method == "POST" else self.open(to + "?" + data)


class Chromium:
    """A real browser. submit() fills in and submits the page's first form as a script of the page would."""

    name = "Chromium"

    @staticmethod
    def missing():
        return None if shutil.which("chromium") else "Debian's package chromium is not installed"

    def __init__(self, proxy, ca, folder):
        del ca  # the throw-away authority is in no store of the browser's
        self.proxy, self.folder, self.count = proxy, folder, 0

    def __enter__(self):
        from_us, self.to = os.pipe()
        self.here, from_it = os.pipe()
        command = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync",
                   "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--ignore-certificate-errors",
                   "--remote-debugging-pipe", f"--user-data-dir={self.folder}", f"--proxy-server={self.proxy}", "about:blank"]
        self.log = open(self.folder + ".log", "wb")

        def pipes():  # the browser reads requests at 3 and writes at 4
            high = fcntl.fcntl(from_us, fcntl.F_DUPFD, 50), fcntl.fcntl(from_it, fcntl.F_DUPFD, 50)
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)
            ends_with_us()()

        self.process = subprocess.Popen(command, preexec_fn=pipes, pass_fds=(3, 4), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        env={"PATH": os.environ["PATH"], "HOME": self.folder, "TZ": "UTC", "LC_ALL": "C.UTF-8"}, start_new_session=True)
        os.close(from_us)
        os.close(from_it)
        self.rest, self.session = b"", None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")  # tells of dialogs, too
        return self

    def __exit__(self, *_):
        try:
            os.killpg(self.process.pid, 9)
        except ProcessLookupError:
            pass
        self.process.wait(20)
        os.close(self.to)
        os.close(self.here)
        self.log.close()

    def message(self, deadline):
        while b"\0" not in self.rest:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.here], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            more = os.read(self.here, 1 << 16)
            if not more:
                raise RuntimeError("the browser has ended")
            self.rest += more
        text, _, self.rest = self.rest.partition(b"\0")
        return json.loads(text)

    def send(self, number, method, **parameters):
        request = {"id": number, "method": method, "params": parameters} | ({"sessionId": self.session} if self.session else {})
        os.write(self.to, json.dumps(request).encode() + b"\0")

    def call(self, method, **parameters):
        self.count += 1
        self.send(self.count, method, **parameters)
        deadline = time.monotonic() + 60
        while True:
            reply = self.message(deadline)
            if reply.get("method") == "Page.javascriptDialogOpening":  # the page stands still until somebody has read it
                self.send(0, "Page.handleJavaScriptDialog", accept=True)
            if reply.get("id") == self.count:
                if "error" in reply:
                    raise RuntimeError(f"{method}: {reply['error']}")
                return reply["result"]

    def evaluate(self, expression):
        said = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in said:
            raise RuntimeError(said["exceptionDetails"])
        return said.get("result", {}).get("value")

    def settle(self, mark):
        """Waits until a page without our mark is there and complete, and takes it."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if self.evaluate(f"document.readyState == 'complete' && window.mark !== {mark} && location.href != 'about:blank'"):
                    break
            except RuntimeError:
                pass  # between two pages
            time.sleep(0.05)
        self.url = self.evaluate("location.href")
        self.page = self.evaluate("document.documentElement.outerHTML")
        self.status = self.evaluate("performance.getEntriesByType('navigation')[0].responseStatus")

    def open(self, url):
        mark = self.count
        self.evaluate(f"window.mark = {mark}")
        self.call("Page.navigate", url=url)
        self.settle(mark)

    def submit(self, **fields):
        mark = self.count
        self.evaluate(f"window.mark = {mark}; (() => {{ const f = document.forms[0]; const v = {json.dumps(fields)}; for (const n in v) f.elements[n].value = v[n]; "
                      "f.querySelector('button,[type=submit]').click(); })()")
        self.settle(mark)
