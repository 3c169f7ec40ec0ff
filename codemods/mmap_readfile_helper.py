"""The two files that `mmap-readfile` adds to a package: a mapping where the system has one, a plain read elsewhere."""

from __future__ import annotations

from ..engine.api import NewFile, Site

#: By this line gorefit knows a helper of its own.
MARK = "Written by gorefit mmap-readfile."
#: The systems on which package syscall has Mmap and Munmap.
UNIX = "aix || darwin || dragonfly || freebsd || linux || netbsd || openbsd || solaris"

_MAPPED = """//go:build {unix}

package {package}

import (
	"os"
	"syscall"
)

// {name} returns the content of a file as os.ReadFile does, and the same errors. A regular file of {size} bytes or
// more is mapped into memory instead of being read: its data must not be written to, and not be used after unmap, which
// is never nil. If the file is truncated meanwhile, using the data ends the program with SIGBUS.
//
// {mark}
func {name}(path string) (data []byte, unmap func() error, err error) {{
	const threshold = {threshold}
	mappable := func(info os.FileInfo) bool {{
		return info.Mode().IsRegular() && info.Size() >= threshold && info.Size() == int64(int(info.Size()))
	}}
	read := func() ([]byte, func() error, error) {{
		data, err := os.ReadFile(path)
		return data, func() error {{ return nil }}, err
	}}
	info, err := os.Stat(path)
	if err != nil || !mappable(info) {{
		return read() // also what has no size: pipes, devices, files below /proc
	}}
	file, err := os.Open(path)
	if err != nil {{
		return nil, func() error {{ return nil }}, err
	}}
	defer file.Close()
	info, err = file.Stat()
	if err != nil || !mappable(info) {{
		return read() // another file by now
	}}
	mapped, err := syscall.Mmap(int(file.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {{
		return read() // a file system that maps nothing
	}}
	return mapped, func() error {{ return syscall.Munmap(mapped) }}, nil
}}
"""
_READ = """//go:build !({unix})

package {package}

import "os"

// {name} reads a file; where the system can do so, the {name} of {other} maps it instead.
//
// {mark}
func {name}(path string) (data []byte, unmap func() error, err error) {{
	data, err = os.ReadFile(path)
	return data, func() error {{ return nil }}, err
}}
"""


def is_helper(site: Site) -> bool:
    """Whether the site stands in a helper of gorefit's own."""
    home = site.file.declaration_at(site.node.start_byte)
    return home is not None and MARK.encode() in site.file.text[site.start_of(home) : home.end_byte]


def helper(site: Site, name: str, stem: str, threshold: int) -> tuple[str, list[NewFile]]:
    """The helper's name in this package, and the files that bring it, none where an earlier fix did."""
    number = 1
    while True:
        chosen = name if number == 1 else f"{name}{number}"
        known = site.denotes(chosen, site.node)
        if known is not None and MARK in site.declared_text(known):
            return chosen, []
        if known is None and site.free_in_package(chosen):
            break
        number += 1
    unix, other = site.fresh_files(stem, "_unix.go", "_other.go")
    words = {
        "unix": UNIX, "package": site.file.package_name, "name": chosen, "size": threshold, "mark": MARK, "other": unix,
        "threshold": site.size_text(threshold).replace("<<", " << "),
    }  # fmt: skip
    return chosen, [NewFile(unix, _MAPPED.format(**words).encode()), NewFile(other, _READ.format(**words).encode())]
