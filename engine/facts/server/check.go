package main

import (
	"bytes"
	"go/ast"
	"go/build"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// A checkRequest asks for the facts of one package.
type checkRequest struct {
	ImportPath string            `json:"import_path"`
	GoVersion  string            `json:"go_version"` // "go1.21", or "" for the newest this toolchain knows
	OS         string            `json:"os"`
	Arch       string            `json:"arch"`
	Tags       []string          `json:"tags"`
	ImportMap  map[string]string `json:"import_map"`
	Files      []fileRequest     `json:"files"`
	Cgo        bool              `json:"cgo"`
	Variant    bool              `json:"variant"`
	Whole      bool              `json:"whole"` // check every function body, not only those asked about
}

// A fileRequest is a file of the package; Text is its content when Overlay is set.
type fileRequest struct {
	Path    []byte `json:"path"`
	Overlay bool   `json:"overlay"`
	Text    []byte `json:"text"`
	New     bool   `json:"new"`   // not yet on disk: whether this configuration compiles it is asked here
	Spans   []int  `json:"spans"` // start, end, start, end … of the declarations asked about
}

// A problem is one error of the parser or the type checker.
type problem struct {
	File    int    `json:"file"` // -1: none of the package's files
	Offset  int    `json:"offset"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
	Soft    bool   `json:"soft"`
}

const mostProblems = 200

// A source is one file of the package under check.
type source struct {
	ast   *ast.File
	file  *token.File
	text  []byte
	spans []int
	ends  map[token.Pos]token.Pos // see literalEnds
	stub  []*ast.BlockStmt        // the bodies that prune took out
}

// offset is the place of pos in the file's bytes, whatever //line directives say.
func (s *source) offset(pos token.Pos) int { return int(pos) - s.file.Base() }

func (s *source) end(node ast.Node) int {
	end := node.End()
	if right, ok := s.ends[end]; ok {
		end = right
	}
	return s.offset(end)
}

// A checked is a package after the type checker has been over it.
type checked struct {
	req      *checkRequest
	fset     *token.FileSet
	sources  []*source
	pkg      *types.Package
	info     *types.Info
	sizes    types.Sizes
	problems []problem

	passedOver bool // an error that only pruning caused was left out of problems
}

func (w *worker) check(req *checkRequest) *factsReply {
	imports := w.importerFor(req)
	c := &checked{req: req, fset: imports.fset, sizes: types.SizesFor("gc", req.Arch), info: newInfo()}
	if c.sizes == nil {
		c.sizes = types.SizesFor("gc", "amd64")
	}
	c.parse()
	if !req.Whole {
		c.prune()
	}
	config := types.Config{
		Importer:    mapped{imports, req.ImportMap},
		GoVersion:   req.GoVersion,
		Sizes:       c.sizes,
		FakeImportC: req.Cgo,
		Error:       c.typeError,
	}
	var files []*ast.File
	for _, s := range c.sources {
		files = append(files, s.ast)
	}
	// The error repeats the first one that typeError saw, except where the configuration itself is at fault.
	pkg, err := config.Check(plainPath(req.ImportPath), c.fset, files, c.info)
	if err != nil && len(c.problems) == 0 && !c.passedOver {
		c.problems = append(c.problems, problem{File: -1, Message: err.Error()})
	}
	c.pkg = pkg
	return collect(c)
}

func newInfo() *types.Info {
	return withVersions(&types.Info{
		Types:      map[ast.Expr]types.TypeAndValue{},
		Defs:       map[*ast.Ident]types.Object{},
		Uses:       map[*ast.Ident]types.Object{},
		Implicits:  map[ast.Node]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
		Scopes:     map[ast.Node]*types.Scope{},
		Instances:  map[*ast.Ident]types.Instance{},
	})
}

// parse reads and parses the files. One that cannot be read counts as empty, with a problem.
func (c *checked) parse() {
	for i := range c.req.Files {
		f := &c.req.Files[i]
		if !f.Overlay {
			text, err := os.ReadFile(string(f.Path))
			if err != nil {
				c.problems = append(c.problems, problem{File: i, Message: err.Error()})
			}
			f.Text = text
		}
		if f.Text == nil {
			f.Text = []byte{}
		}
		base := c.fset.Base()
		mode := parser.SkipObjectResolution | parser.AllErrors
		if f.New && !c.compiles(f) {
			mode = parser.PackageClauseOnly
		}
		tree, err := parser.ParseFile(c.fset, string(f.Path), f.Text, mode)
		s := &source{ast: tree, text: f.Text, spans: f.Spans, file: c.fset.File(token.Pos(base))}
		s.ends = literalEnds(s)
		c.sources = append(c.sources, s)
		if list, ok := err.(scanner.ErrorList); ok {
			for _, e := range list {
				c.report(i, e.Pos.Offset, e.Msg, false)
			}
		}
	}
}

// compiles reports whether a new file's name and build constraints admit it to the configuration asked for.
func (c *checked) compiles(f *fileRequest) bool {
	context := build.Default
	context.GOOS, context.GOARCH, context.BuildTags = c.req.OS, c.req.Arch, c.req.Tags
	context.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(f.Text)), nil }
	folder, name := filepath.Split(string(f.Path))
	matches, err := context.MatchFile(folder, name)
	return matches || err != nil // what is wrong with it the parser tells
}

func (c *checked) report(index, offset int, message string, soft bool) {
	if len(c.problems) >= mostProblems {
		return
	}
	p := problem{File: index, Offset: offset, Message: message, Soft: soft}
	if index >= 0 {
		at := c.fset.PositionFor(c.sources[index].file.Pos(offset), false)
		p.Line, p.Column = at.Line, at.Column
	}
	c.problems = append(c.problems, p)
}

func (c *checked) typeError(err error) {
	e, ok := err.(types.Error)
	if !ok {
		c.report(-1, 0, err.Error(), false)
		return
	}
	if strings.HasPrefix(e.Msg, "\t") && len(c.problems) > 0 {
		last := &c.problems[len(c.problems)-1]
		last.Message += "\n" + e.Msg // older releases report the rest of an error on its own
		return
	}
	if c.req.Cgo && strings.Contains(e.Msg, "invalid type") {
		c.passedOver = true // what cgo would have declared has no type here; go/types mostly, not always, keeps quiet
		return
	}
	index := c.sourceAt(e.Pos)
	if index < 0 {
		c.report(-1, 0, e.Msg, e.Soft)
		return
	}
	s := c.sources[index]
	if e.Soft && s.usedByStub(c.info, e.Pos) {
		c.passedOver = true
		return
	}
	c.report(index, s.offset(e.Pos), e.Msg, e.Soft)
}

// sourceAt is the index of the file that holds pos, or -1.
func (c *checked) sourceAt(pos token.Pos) int {
	if !pos.IsValid() {
		return -1
	}
	low, high := 0, len(c.sources)
	for low < high {
		mid := (low + high) / 2
		if f := c.sources[mid].file; int(pos) > f.Base()+f.Size() {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low < len(c.sources) && int(pos) >= c.sources[low].file.Base() {
		return low
	}
	return -1
}
