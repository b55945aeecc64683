"""The HTML of a page: a frame without content, the same for everybody. Pure.

All script is in files of this origin and no markup comes from data, so the policy can forbid everything else: no
inline script or style, no foreign host, no form that a browser would send by itself.
"""

import re
from collections.abc import Mapping
from html import escape
from typing import Final

_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")

_HTML: Final = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="/pages/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/pages/linli.css">
<script type="module" src="/pages/linli.js"></script>
</head>
<body>
<linli-app{attributes}></linli-app>
<noscript>{noscript}</noscript>
</body>
</html>
"""


def shell(language: str, title: str, noscript: str, attributes: Mapping[str, str]) -> str:
    """A page; ``attributes`` tell the frame what to do (``page``, ``needs-owner``). Neither the home's
    name nor anything else of it stands here: who has not logged in learns nothing."""
    pairs = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    return _HTML.format(language=escape(language), title=escape(title), noscript=escape(noscript), attributes=pairs)


def policy(host: str | None) -> str:
    """The Content-Security-Policy; ``host`` (the Host header) is named for browsers whose ``'self'`` lacks sockets."""
    sockets = f" ws://{host} wss://{host}" if host is not None and _HOST.fullmatch(host) else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src 'self'{sockets}; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
