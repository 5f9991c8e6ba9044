"""The simulated Google APIs, as the owner of the project asks them."""
import base64
import json
import time

from parts import http

from harness import wait_for


class Google:
    """The simulated Google APIs, as the owner of the project."""

    def __init__(self, sim):
        self.sim, self.project = sim, sim.ready["project"]

    def ask(self, method, url, body=None):
        headers = {"Authorization": f"Bearer {self.sim.ready['token']}"}
        status, _, text = http(method, url, headers, body, self.sim.ready["proxy"], self.sim.ready["ca"])
        return status, json.loads(text or "{}")

    def secret(self, name):
        """The newest version of a secret."""
        status, reply = self.ask("GET", f"https://secretmanager.googleapis.com/v1/projects/{self.project}/secrets/{name}/versions/latest:access")
        return base64.b64decode(reply["payload"]["data"]).decode() if status == 200 else f"{status}: {reply}"

    def account(self, name):
        """A service account of this name, for which the owner may make tokens; its address."""
        accounts = f"https://iam.googleapis.com/v1/projects/{self.project}/serviceAccounts"
        email = f"{name}@{self.project}.iam.gserviceaccount.com"
        self.ask("POST", accounts, {"accountId": name})
        grant = {"bindings": [{"role": "roles/iam.serviceAccountTokenCreator", "members": ["user:operator@example.com"]}]}
        wait_for(lambda: self.ask("POST", f"{accounts}/{email}:setIamPolicy", {"policy": grant})[0] == 200, "the account's policy")
        return email

    def token(self, email, audience):
        """An ID token, once the right to make it has spread."""
        url = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{email}:generateIdToken"
        got = []

        def made():
            got[:] = self.ask("POST", url, {"audience": audience, "includeEmail": True})
            return got[0] == 200

        wait_for(made, f"an ID token of {email}: {got}", 60)
        return got[1]["token"]

    def signed(self, email, audience):
        """A JWT that the account signs itself, as Identity-Aware Proxy takes it."""
        url, now = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{email}:signJwt", int(time.time())
        claims = {"iss": email, "sub": email, "aud": audience, "iat": now, "exp": now + 3600}
        got = []

        def made():
            got[:] = self.ask("POST", url, {"payload": json.dumps(claims)})
            return got[0] == 200

        wait_for(made, f"a JWT of {email}: {got}", 60)
        return got[1]["signedJwt"]
