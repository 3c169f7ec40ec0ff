"""git's own smart HTTP server, as a CGI program, behind the check of who asks."""

from __future__ import annotations

import base64
import binascii
import gzip
import re
import subprocess

from .wire import Call, Reply
from .world import Denied, Person, World, git_env

_PATH = re.compile(r"/(?P<slug>[^?]+?)(?:\.git)?/(?P<rest>info/refs|git-upload-pack|git-receive-pack)")
_LOGIN = Reply(401, {"message": "login"}, {"WWW-Authenticate": 'Basic realm="forge"'})


def person_of(world: World, call: Call) -> Person | None:
    """Whom Basic authentication names: a token is the password."""
    kind, _, value = call.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        return world.by_token(base64.b64decode(value).decode().partition(":")[2])
    except (binascii.Error, UnicodeDecodeError):
        return None


def serve(world: World, call: Call) -> Reply:
    """Answer a request of git's."""
    match = _PATH.fullmatch(call.path)
    if not match:
        return Reply(404, {"message": "no such page"})
    slug = match["slug"]
    if slug in world.moved:
        place = f"{world.base}/{world.moved[slug]}.git/{match['rest']}?service={call.query.get('service', '')}"
        return Reply(301, {}, {"Location": place})
    try:
        repo = world.find(slug)
    except Denied:
        return Reply(404, {"message": "no such repository"})
    person = person_of(world, call)
    pushes = "git-receive-pack" in (match["rest"], call.query.get("service"))
    if (pushes or repo.private or "authorization" in call.headers) and person is None:
        return _LOGIN
    if pushes and (repo.archived or not repo.may_push(person)):
        return Reply(403, {"message": "no write access"})
    path = f"/{repo.path.relative_to(world.folder)}/{match['rest']}"
    return _backend(world, call, path, person.login if person else "")


def _backend(world: World, call: Call, path: str, login: str) -> Reply:
    body = gzip.decompress(call.body) if call.headers.get("content-encoding") == "gzip" else call.body
    environment = {
        **git_env(),
        "GIT_PROJECT_ROOT": str(world.folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": path,
        "REQUEST_METHOD": call.method,
        "QUERY_STRING": "&".join(f"{key}={value}" for key, value in call.query.items()),
        "CONTENT_TYPE": call.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "GIT_PROTOCOL": call.headers.get("git-protocol", ""),
        "REMOTE_USER": login,
        "REMOTE_ADDR": "127.0.0.1",
    }
    done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=environment)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n") if b": " in line)
    status = int(headers.pop("Status", "200").split()[0])
    return Reply(status, content=content, headers=headers)
