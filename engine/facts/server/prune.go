package main

import (
	"bytes"
	"go/ast"
	"go/token"
	"go/types"
)

// prune replaces the bodies of functions nobody asked about by "for {}", which needs no return and uses nothing, so
// that the checker's work is proportional to what was asked.
func (c *checked) prune() {
	for _, s := range c.sources {
		for _, decl := range s.ast.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Body == nil || s.asked(fn) {
				continue
			}
			s.stub = append(s.stub, fn.Body)
			at := fn.Body.Lbrace
			fn.Body = &ast.BlockStmt{Lbrace: at, Rbrace: fn.Body.Rbrace, List: []ast.Stmt{
				&ast.ForStmt{For: at, Body: &ast.BlockStmt{Lbrace: at, Rbrace: at}},
			}}
		}
	}
}

// asked reports whether a span of the request touches the declaration.
func (s *source) asked(decl ast.Decl) bool {
	start, end := s.offset(decl.Pos()), s.end(decl)
	for i := 0; i+1 < len(s.spans); i += 2 {
		if s.spans[i] < end && start < s.spans[i+1] {
			return true
		}
	}
	return false
}

// usedByStub reports whether the soft error at pos only says that an import is unused, while a body that prune took
// out mentions it.
func (s *source) usedByStub(info *types.Info, pos token.Pos) bool {
	if len(s.stub) == 0 {
		return false
	}
	for _, spec := range s.ast.Imports {
		if pos < spec.Pos() || spec.End() < pos {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name == "." || s.stubSelects(spec.Name.Name)
		}
		bound := info.Implicits[spec]
		return bound == nil || s.stubSelects(bound.Name())
	}
	return false
}

func (s *source) stubSelects(name string) bool {
	for _, body := range s.stub {
		text := s.text[s.offset(body.Lbrace):s.offset(body.Rbrace)]
		if !bytes.Contains(text, []byte(name)) {
			continue
		}
		found := false
		ast.Inspect(body, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == name {
					found = true
				}
			}
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

// literalEnds maps the wrong end of raw string literals to the right one: before Go 1.26 go/ast counted a raw string
// without its carriage returns.
func literalEnds(s *source) map[token.Pos]token.Pos {
	if bytes.IndexByte(s.text, '\r') < 0 || bytes.IndexByte(s.text, '`') < 0 {
		return nil
	}
	ends := map[token.Pos]token.Pos{}
	ast.Inspect(s.ast, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING || len(lit.Value) == 0 || lit.Value[0] != '`' {
			return true
		}
		start := s.offset(lit.Pos()) + 1
		if start <= len(s.text) {
			if i := bytes.IndexByte(s.text[start:], '`'); i >= 0 {
				ends[lit.End()] = s.file.Pos(start + i + 1)
			}
		}
		return true
	})
	return ends
}
