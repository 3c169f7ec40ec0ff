package main

import (
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"strings"
)

// An exportRef names the file that holds a package's export data, as "go list -export" prints it.
type exportRef struct {
	Path string `json:"path"`
	File []byte `json:"file"`
}

// A packageImporter reads export data. All packages it returns belong together: within one importer a path means one
// package, which for a test variant is the one compiled for that test.
//
// go list writes a variant as "m/p [m/p.test]"; export data knows it as plain "m/p". The importer therefore works with
// plain paths and prefers, for each, the file of its variant.
type packageImporter struct {
	fset    *token.FileSet
	suffix  string // " [m/p.test]", or "" for ordinary packages
	exports map[string]string
	gc      types.ImporterFrom
	bytes   int64 // of export data read so far
}

func newImporter(exports map[string]string, suffix string) *packageImporter {
	p := &packageImporter{fset: token.NewFileSet(), suffix: suffix, exports: exports}
	p.gc = importer.ForCompiler(p.fset, "gc", p.open).(types.ImporterFrom)
	return p
}

func (p *packageImporter) open(path string) (io.ReadCloser, error) {
	name, ok := p.exports[path+p.suffix]
	if !ok {
		name, ok = p.exports[path]
	}
	if !ok {
		return nil, fmt.Errorf("no export data for %q", path)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	return &counted{file, &p.bytes}, nil
}

// counted adds up what is read: the export data alone, of archives that mostly hold code.
type counted struct {
	*os.File
	bytes *int64
}

func (c *counted) Read(buffer []byte) (int, error) {
	n, err := c.File.Read(buffer)
	*c.bytes += int64(n)
	return n, err
}

// mapped is a view of the importer for one package: its import map resolves what the source writes.
type mapped struct {
	*packageImporter
	importMap map[string]string
}

func (m mapped) Import(path string) (*types.Package, error) { return m.ImportFrom(path, "", 0) }

func (m mapped) ImportFrom(path, _ string, _ types.ImportMode) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if to, ok := m.importMap[path]; ok {
		path = to
	}
	return m.gc.ImportFrom(plainPath(path), "", 0)
}

// plainPath is the path without the suffix of a test variant; variantSuffix is that suffix.
func plainPath(path string) string { return strings.TrimSuffix(path, variantSuffix(path)) }

func variantSuffix(path string) string {
	if i := strings.Index(path, " ["); i >= 0 {
		return path[i:]
	}
	return ""
}

// importerFor returns the importer for a request. The ordinary one is kept for the whole run, and started afresh when
// it has read so much that its packages weigh on memory; of the variants only the last is kept.
func (w *worker) importerFor(req *checkRequest) *packageImporter {
	if req.Variant {
		suffix := variantSuffix(req.ImportPath)
		if w.variant == nil || w.variant.suffix != suffix {
			w.variant = newImporter(w.exports, suffix)
		}
		return w.variant
	}
	const most = 32 << 20 // over all workers; packages take some eight times the size of their export data
	if w.ordinary == nil || w.ordinary.bytes*int64(w.jobs) > most {
		w.ordinary = newImporter(w.exports, "")
	}
	return w.ordinary
}
