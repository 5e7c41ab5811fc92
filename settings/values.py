"""The types of settings; each says what is wrong with a value, and how to mend it."""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated, NoReturn

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FilePath,
    HttpUrl,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from settings.image import ImageName

# moby, daemon/daemon_unix.go: linuxMinMemory; and half of what PostgreSQL takes as effective_cache_size, 2^31 pages.
_LEAST_MEGABYTES, _MOST_MEGABYTES = 6, 8 * 1024 * 1024
_SIZE = r"^[1-9][0-9]*(MB|GB)$"
_TENTHS = "choose whole tenths, such as 0.1 or 1.5"
_PRIVATE = [IPv4Network(network) for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
_SHORT = "leave out docker.io/ and library/, which Docker leaves out too"
_PIN = "neurmatic images --update {section} --stack {stack}"
_IMAGE = r"^[a-z0-9][a-z0-9./:_-]*:[A-Za-z0-9_.-]+(@sha256:[0-9a-f]{64})?$"
# Labels of 63 characters at most (RFC 1035, 2.3.4).
_DOMAIN = r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"


class Section(BaseModel):
    """One object of the configuration; cannot change, and refuses keys that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def refuse(problem: str, mend: str, *, at: str | None = None) -> NoReturn:
    """Refuse the value that is being validated; the texts do not quote it, because it is shown beside them.

    A rule between settings passes the path `at` fault. In a mend, {section} and {stack} are replaced by their names.
    """
    raise PydanticCustomError("rule", "{problem}", {"problem": problem, "mend": mend, "at": at})


def _megabytes(value: object) -> object:
    if not isinstance(value, str) or not re.match(_SIZE, value):
        refuse("is not a size", 'write a whole number with its unit: "512MB" or "2GB"')
    return int(value[:-2]) * (1024 if value.endswith("GB") else 1)


def _within_a_host(megabytes: int) -> int:
    if not _LEAST_MEGABYTES <= megabytes <= _MOST_MEGABYTES:
        refuse(
            f"is not between {_LEAST_MEGABYTES}MB, the least of Docker, and {_MOST_MEGABYTES // 1024}GB",
            "choose what the container needs; the host's memory is compared with the sum before anything changes",
        )
    return megabytes


def _not_latest(value: str) -> str:
    if value.endswith(":latest") or value == "latest":
        refuse("names whatever is newest, which no one can roll back to", "name a version")
    return value


def cpus_text(cpus: float) -> str:
    """Return a container's number of processors as the Docker plugin reads it back: "0.5", "1.0", but "10."."""
    # terraform-provider-docker, helpers.go: nanoInt64ToDecimalString. It takes nine zeros, wherever they stand, for
    # those of a whole number, so that of 0.05 one decimal is left too.
    text = f"{cpus:.9f}"
    return f"{cpus:.1f}" if text.count("0") == 9 else text.rstrip("0")


def _kept_when_read(cpus: float) -> float:
    kept = cpus_text(cpus)
    if float(kept) != cpus:
        refuse(f"is read back by the Docker plugin as {kept}: every deployment would replace the container", _TENTHS)
    return cpus


def _image(text: str) -> str:
    image = ImageName.parsed(text)
    if image is None:
        refuse("is no image with its tag", f"write repository:tag, such as postgres:18, and: {_PIN}")
    if image.tag == "latest":
        refuse("names whatever is newest, which no one can roll back to", "name a version")
    if re.match(r"(index\.)?docker\.io/|library/", text):
        refuse("is written otherwise by Docker: every deployment would change the service", _SHORT)
    if image.digest is None:
        refuse("has no digest, so that it would be another image on the day its tag moves", _PIN)
    return text


def _text(value: object) -> object:
    """Refuse numbers, which Python takes for addresses: 5 for 0.0.0.5."""
    if isinstance(value, int | float):
        refuse("is a number", 'write it as text: "192.0.2.1", "10.0.0.0/24"')
    return value


def _private(value: IPv4Address) -> IPv4Address:
    if not any(value in network for network in _PRIVATE):
        refuse("is an address that others reach", "choose one of the loopback, or of a private network (RFC 1918)")
    return value


def _confidential(url: HttpUrl) -> HttpUrl:
    host = str(url.host).strip("[]")
    if url.scheme != "https" and host != "localhost" and not _is_loopback(host):
        refuse("is not https, so that others on the way read along", "write it with https")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _roomy(value: IPv4Network) -> IPv4Network:
    if value.prefixlen > 26:
        refuse("is too small for the containers and for those that replace them", "choose a /26 or larger")
    return value


def _expanded(value: object) -> object:
    return Path(value).expanduser() if isinstance(value, str) else value


Megabytes = Annotated[
    int,
    BeforeValidator(_megabytes),
    PlainSerializer(lambda size: f"{size}MB", when_used="json"),
    WithJsonSchema({"type": "string", "pattern": _SIZE, "examples": ["512MB"]}),
]
Memory = Annotated[Megabytes, AfterValidator(_within_a_host)]
# The least that Docker starts a container with (moby, daemon/daemon_unix.go).
Cpus = Annotated[float, Field(ge=0.01, le=256)]
ContainerCpus = Annotated[Cpus, AfterValidator(_kept_when_read)]
Port = Annotated[int, Field(ge=1, le=65535)]
# A hundred years: the most that S3 locks for (S3 User Guide, Object Lock considerations).
Days = Annotated[int, Field(ge=1, le=36_500)]
# At most 59, because Docker writes longer ones in another form, which would show as a change at every preview.
ShortSeconds = Annotated[int, Field(ge=1, le=59)]
Domain = Annotated[str, StringConstraints(pattern=f"^{_DOMAIN}$", max_length=253)]
# Names of services begin with an underscore: _dmarc, s1._domainkey.
RecordName = Annotated[
    str, StringConstraints(pattern=r"^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$", max_length=253)
]
# Narrower than mail itself: it goes into DMARC's record, where `;` begins the next tag and `,` the next address.
Email = Annotated[str, StringConstraints(pattern=rf"^[A-Za-z0-9._%+-]+@{_DOMAIN}$", max_length=254)]
UrlPath = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9._~/-]*$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
Release = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$"), AfterValidator(_not_latest)]
Image = Annotated[str, AfterValidator(_image), WithJsonSchema({"type": "string", "pattern": _IMAGE})]
# The kernel's limits on a variable's value and a word of a command.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
_Word = Annotated[str, StringConstraints(pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]
Words = Annotated[tuple[_Word, ...], Field(min_length=1)]
VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
KeyFile = Annotated[FilePath, BeforeValidator(_expanded)]
SshPublicKey = Annotated[str, StringConstraints(pattern=r"^(ssh-ed25519|ecdsa-sha2-nistp\d+|ssh-rsa) [A-Za-z0-9+/=]+")]
AddressV4 = Annotated[IPv4Address, BeforeValidator(_text)]
PrivateAddressV4 = Annotated[AddressV4, AfterValidator(_private)]
AddressV6 = Annotated[IPv6Address, BeforeValidator(_text)]
ConfidentialUrl = Annotated[HttpUrl, AfterValidator(_confidential)]
AnyNetwork = Annotated[IPv4Network | IPv6Network, BeforeValidator(_text)]
Subnet = Annotated[IPv4Network, BeforeValidator(_text), AfterValidator(_roomy)]
# At most 57 characters: IAM allows 64 for a user, who is named after the bucket with `-writer`.
BucketName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,55}[a-z0-9]$")]
