"""One request to the service: the credential goes to the configured endpoint only, redirects are not followed."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import requests
from azure.core.exceptions import ClientAuthenticationError
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, NewConnectionError

from shared.errors import FormsError, Later, Misconfigured
from shared.recognizer.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from requests import PreparedRequest, Response

    Credential = Callable[[PreparedRequest], PreparedRequest]

SCOPE = "https://cognitiveservices.azure.com/.default"
FOREIGN_URL = "ForeignUrl"
CONNECT_SECONDS = 10
READ_SECONDS = 100
"""How long the service may be silent within one answer; longer than any answer seen, shorter than a claim."""

PARALLEL = 64
"""Connections kept open: more than the host runs functions at once."""

_ERROR_BYTES = 1024 * 1024
_URL = re.compile(
    r"(https?)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(?:[/?][!-\[\]-~]*)?", re.IGNORECASE | re.ASCII
)
"""No user, no backslash, no blank, ASCII only: another host could be meant by what two parsers read in two ways."""


class Recognizer:
    """The service at `endpoint`. Reads a token or a key only at the moment a request leaves for that endpoint."""

    def __init__(self, endpoint: str, credential: Credential) -> None:
        self.endpoint = endpoint
        self._credential = credential
        self._session = requests.Session()
        self._session.mount("https://", HTTPAdapter(pool_connections=4, pool_maxsize=PARALLEL))
        self._session.mount("http://", HTTPAdapter(pool_connections=4, pool_maxsize=PARALLEL))

    @contextmanager
    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        data: Iterable[bytes] | None = None,
        json: object = None,
    ) -> Iterator[Response]:
        """Sends one request and yields the answer, its body unread, when its status is below 300.

        Everything else is raised as the error it means: `Later`, `Never` or `Misconfigured`. A URL that is not at the
        configured endpoint gets no request at all; it was there once, so the setting was changed.
        """
        if not self.is_ours(url):
            reason = (
                f"This was begun at another endpoint than FORM_RECOGNIZER_ENDPOINT, {self.endpoint}; set that back."
            )
            raise Misconfigured(FOREIGN_URL, reason, setting="FORM_RECOGNIZER_ENDPOINT")
        try:
            with self._session.request(
                method,
                url,
                params=params,
                headers=headers,
                data=data,
                json=json,
                auth=self._credential,
                stream=True,
                allow_redirects=False,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
            ) as response:
                if response.status_code >= 300:  # noqa: PLR2004
                    raise refusal(
                        response.status_code, response.headers, response.raw.read(_ERROR_BYTES, decode_content=True)
                    )
                yield response
        except ClientAuthenticationError as error:
            reason = "This process got no token for the service; set FORM_RECOGNIZER_KEY, or give its identity access."
            raise Misconfigured("Unauthenticated", reason, setting="FORM_RECOGNIZER_KEY") from error
        except (requests.RequestException, HTTPError) as error:
            raise _unreachable(error, self.endpoint) from error

    def is_ours(self, url: str) -> bool:
        """Whether a URL has the configured endpoint's scheme, host and port."""
        return _origin(url) == _origin(self.endpoint) is not None


def by_key(key: str) -> Credential:
    """Signs requests with the resource's key."""

    def sign(request: PreparedRequest) -> PreparedRequest:
        request.headers["Ocp-Apim-Subscription-Key"] = key
        return request

    return sign


def by_token(get_token: Callable[[], str]) -> Credential:
    """Signs requests with an Entra ID token for `SCOPE`; `get_token` gives a valid one, from a cache."""

    def sign(request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {get_token()}"
        return request

    return sign


def _origin(url: str) -> tuple[str, str, str] | None:
    found = _URL.fullmatch(url)
    if not found:
        return None
    scheme, host, port = (part.casefold() for part in found.groups(""))
    return scheme, host, (port or {"https": "443", "http": "80"}[scheme]).lstrip("0")


def _unreachable(error: Exception, endpoint: str) -> FormsError:
    never_left = isinstance(error, requests.ConnectTimeout) or _is_no_connection(error)
    what = "could not be reached" if never_left else "broke off the conversation"
    reason = f"{endpoint} {what} ({type(error).__name__}). If this lasts, look at FORM_RECOGNIZER_ENDPOINT."
    return Later("Unreachable", reason, refused=never_left)


def _is_no_connection(error: Exception) -> bool:
    """Whether `requests` wraps an error of urllib3 that comes before anything is sent."""
    return isinstance(getattr(next(iter(error.args), None), "reason", None), NewConnectionError)
