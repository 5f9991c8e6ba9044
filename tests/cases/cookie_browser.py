"""A browser as people have one: it follows redirects through the simulated cloud with its cookies, and signs in where a page asks who it is."""
import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"


class Browser:
    """url, page and status are those of the last page; empty and 0 before it."""

    def __init__(self, sim):
        self.opener = sim.opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        self.opener.addheaders = [("User-Agent", AGENT)]
        self.url, self.page, self.status = "", "", 0

    def open(self, url, form=None):
        try:
            reply = self.opener.open(url, urllib.parse.urlencode(form).encode() if form else None, timeout=30)
        except urllib.error.HTTPError as e:
            reply = e
        self.url, self.status, self.page = reply.geturl(), reply.status, reply.read().decode("utf-8", "replace")
        return self

    def asked_who(self):
        return 'name="identifier"' in self.page

    def sign_in(self, who):
        self.open(self.url, dict(re.findall(r'name="([^"]+)" value="([^"]*)"', self.page)) | {"identifier": who})
