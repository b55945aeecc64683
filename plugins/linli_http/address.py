"""Under which address people open the hub. Pure."""

from linli_http.settings import Settings


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
