"""`http-server-timeouts`: ReadHeaderTimeout and IdleTimeout for every http.Server."""

from __future__ import annotations

from ..engine.api import Decline, Duration, Fix, Options, Site, Size, Tier, codemod
from .http_server_fields import fieldwise
from .http_server_functions import HTTP, package_functions
from .http_server_zero import FIELDS, SERVER, equip, zero_values

QUERY = """
((composite_literal type: (_) @type) @site (#match? @type "(^|[.])[A-Za-z]*Server$|^[A-Za-z_0-9]+$"))
((composite_literal body: (literal_value (keyed_element key: (literal_element (identifier) @key)))) @site
  (#any-of? @key "Addr" "Handler" "TLSConfig" "ErrorLog" "BaseContext" "ConnContext" "ConnState" "TLSNextProto"))
((composite_literal type: (_) @type body: (literal_value
  [(literal_element (literal_value) @site) (keyed_element value: (literal_element (literal_value) @site))]))
  (#match? @type "[^A-Za-z_0-9]Server$"))
((literal_element (literal_value (keyed_element key: (literal_element (identifier) @key))) @site)
  (#any-of? @key "Addr" "Handler" "TLSConfig" "ErrorLog" "BaseContext" "ConnContext" "ConnState" "TLSNextProto"))
"""
DECLINES = {
    "arguments": "the arguments come from one call",
    "commented": "a comment there speaks of this timeout, or of the linters that ask for it: it was decided before",
    "declaration-shape": "a package variable that is declared together with others has no place for a value of its own",
    "disabled": "a timeout is set to zero or less: this server is to have none",
    "field": "the server belongs to a struct that is made elsewhere",
    "function-value": "the function is used as a value",
    "httptest": "a test server",
    "order-of-evaluation": "a listener or file name would be evaluated after the handler",
    "passed": "the server is handed to code that this run does not see, and that may configure it",
    "set-elsewhere": "timeouts of a server are set at another place, perhaps of this one",
    "set-later": "its timeouts are set after it is made",
    "shadowed": "package time, the type Server or the field cannot be named here",
}


class HttpServerTimeouts(Options, frozen=True):
    """Durations as Go reads them ("10s", "1m30s"); "0s" leaves that field out.
    max-header-bytes: 0 leaves net/http's default of 1 MiB; a number is written as it is."""

    read_header_timeout: Duration = "10s"
    idle_timeout: Duration = "120s"
    max_header_bytes: Size = 0


@codemod(
    "http-server-timeouts", query=QUERY, needles=(b"net/http", b"Handler:", b"Addr:"), tier=Tier.REVIEW, since="0.2",
    options=HttpServerTimeouts, imports=("time",), declines=DECLINES, about=FIELDS, beyond=FIELDS,
    also=(package_functions, zero_values, fieldwise),
)  # fmt: skip
def http_server_timeouts(site: Site) -> Fix | Decline | None:
    """Give every http.Server a ReadHeaderTimeout and an IdleTimeout.

    What it does:
        Adds ReadHeaderTimeout and IdleTimeout to server literals, to servers that are filled field by field or embedded
        in a struct, and puts a configured server in the place of http.ListenAndServe, ListenAndServeTLS, Serve and
        ServeTLS. A field that is set stays as it is. Where ReadTimeout is set nothing is added: both fall back to it.
        IdleTimeout does not fall back to ReadHeaderTimeout, so that it is added beside it. Never adds ReadTimeout or
        WriteTimeout: they end uploads, downloads and event streams that take longer. MaxHeaderBytes only by option.

    Why:
        Without them a client that sends its header slowly (Slowloris), or not at all, holds a connection for ever.

    When it declines:
        When a timeout is set later, elsewhere, to zero, or spoken of in a comment; when code that this run does not see
        gets the server; test servers; package functions used as values, or whose arguments would change order.

    Tier and risks:
        review: slow and idle clients are cut off. 120 s because the server must not close idle connections before the
        load balancer in front of it does (60 s is a common default), or requests get lost; 30 s would be too short
        there. ReadHeaderTimeout also bounds TLS handshakes. Hijacked connections keep no deadline.

    Source:
        https://pkg.go.dev/net/http#Server; gosec G112 and G114; golang/go#16100 and #24138 on WriteTimeout.
    """
    body = site.node if site.node.type == "literal_value" else site.node.child_by_field_name("body")
    made, whole = site.type(site.node), site.type(site.whole(site.node))
    if body is None or made is None or site.facts.path == "net/http":
        return None
    fields = {name: value for name, value in site.keys(body).items() if name.startswith(HTTP)}
    direct = {t.name or (t.elem.name if t.kind == "pointer" and t.elem else "") for t in (made, whole) if t is not None}
    if SERVER not in direct and not (fields and site.embeds(made, SERVER)):
        return None
    line, found = site.filling_of(site.node), site.sightings(site.node, SERVER)
    shadowed = frozenset[str]() if SERVER in direct else made.shadowed
    return equip(site, fields, line, found, lambda pairs: site.add_keys(body, pairs), shadowed)
