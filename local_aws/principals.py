"""Who calls: credentials that the local AWS hands out, each bound to one principal."""

import secrets
import string
import threading
from collections import OrderedDict
from dataclasses import dataclass

ACCOUNT = "123456789012"
REGION = "us-east-1"
ADMIN_KEY = "AKIALOCALADMIN000000"


@dataclass(frozen=True)
class Principal:
    """A caller: its ARN, and for a role the name of the role whose policies judge it."""

    arn: str
    role: str | None = None


@dataclass(frozen=True)
class Credentials:
    """Temporary credentials in the form that SDKs read."""

    access_key: str
    secret_key: str
    session_token: str

    def environment(self) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_SESSION_TOKEN": self.session_token,
        }


ADMIN = Principal(f"arn:aws:iam::{ACCOUNT}:user/local-admin")
ADMIN_CREDENTIALS = Credentials(ADMIN_KEY, "local", "")


class Principals:
    """Access key → principal. Roles keep one set of credentials per session name, the sessions used last keep theirs."""

    def __init__(self, sessions: int = 10_000) -> None:
        self._by_key: dict[str, Principal] = {ADMIN_KEY: ADMIN}
        self._issued: dict[tuple[str, str], Credentials] = {}
        self._sessions: OrderedDict[str, tuple[str, str]] = OrderedDict()  # access key → role and session, the latest used last
        self._most = sessions
        self._lock = threading.Lock()

    def of(self, access_key: str) -> Principal | None:
        with self._lock:
            if access_key in self._sessions:
                self._sessions.move_to_end(access_key)
            return self._by_key.get(access_key)

    def assume(self, role_arn: str, session: str) -> Credentials:
        """Credentials of a role session; the same ones when asked again."""
        with self._lock:
            if (role_arn, session) not in self._issued:
                key = "ASIA" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(16))
                role = role_arn.rsplit("/", 1)[-1]
                self._by_key[key] = Principal(f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}", role)
                self._issued[role_arn, session] = Credentials(key, secrets.token_hex(20), secrets.token_hex(32))
                self._sessions[key] = (role_arn, session)
                if len(self._sessions) > self._most:
                    oldest, of = self._sessions.popitem(last=False)
                    del self._by_key[oldest], self._issued[of]
            credentials = self._issued[role_arn, session]
            self._sessions.move_to_end(credentials.access_key)
            return credentials

    def service(self, service: str) -> Credentials:
        """Credentials of an AWS service acting for itself, such as ``events.amazonaws.com``."""
        with self._lock:
            if (service, "") not in self._issued:
                key = "AKIA" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(16))
                self._by_key[key] = Principal(service)
                self._issued[service, ""] = Credentials(key, secrets.token_hex(20), "")
            return self._issued[service, ""]
