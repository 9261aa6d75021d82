"""The certificates that a server's certificate is checked against."""

import functools
import ssl
from pathlib import Path

import httpx


class BadCertificates(ValueError):
    """The file cannot be used. The text continues a sentence."""


def trusted_by(ca_file: str | None) -> ssl.SSLContext:
    """With a file only its certificates, else those of httpx or of SSL_CERT_FILE. Raises `BadCertificates`."""
    if ca_file is None:
        return trusted_by_default()
    try:
        changed = Path(ca_file).stat().st_mtime_ns
    except OSError:
        raise BadCertificates("names a file that cannot be read") from None
    return _of_file(ca_file, changed)


@functools.cache
def trusted_by_default() -> ssl.SSLContext:
    """Loaded once, because it takes 20 ms."""
    return httpx.create_ssl_context()


@functools.lru_cache(maxsize=64)
def _of_file(ca_file: str, _changed: int) -> ssl.SSLContext:
    """Loaded again when the file has changed: certificates are renewed while the service runs."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError):
        raise BadCertificates("names a file that does not contain certificates in PEM format") from None
    # The operator vouches for these certificates: one for a single server counts, and so does one without the
    # extensions that newer versions of Python require of an authority.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
