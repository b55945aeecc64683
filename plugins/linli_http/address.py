"""Where the server may listen, and under which address people open it. Pure."""

from linli import DeploymentError, is_loopback
from linli_http.settings import Settings


def is_local_host(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    return host == "localhost" or is_loopback(host)


def check_openness(settings: Settings) -> None:
    """Beyond this machine: TLS (SAFETY 21). Raises DeploymentError.

    Three ways are open: a certificate; a reverse proxy that has one (then nobody else is answered in clear); or
    ``insecure: true``, said on purpose and shown as an issue for as long as it stands.
    """
    beyond = [host for host in settings.host if not is_local_host(host)]
    behind_proxy = settings.use_x_forwarded_for and settings.trusted_proxies
    if beyond and settings.tls is None and not settings.insecure and not behind_proxy:
        raise DeploymentError(
            f"http.host {', '.join(beyond)} can be reached from other machines, which needs tls (certificate and key); "
            "behind a reverse proxy: use_x_forwarded_for and trusted_proxies; in clear on purpose: insecure: true"
        )


def base_url(settings: Settings, port: int) -> str:
    """What a person types: the first name that the deployment gives, or the address that is listened at."""
    scheme = "http" if settings.tls is None else "https"
    host = settings.names[0] if settings.names else settings.host[0]
    if host in ("0.0.0.0", "::", "127.0.0.1", "::1"):
        host = "localhost" if host in ("0.0.0.0", "::") else host
    if ":" in host:
        host = f"[{host}]"
    default = {"http": 80, "https": 443}[scheme]
    return f"{scheme}://{host}" if port == default else f"{scheme}://{host}:{port}"
