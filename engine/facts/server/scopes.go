package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"sort"
)

const scopeWidth = 6 // start, end, parent, first name, names, depth

// A scopeTable lists, for each file asked about, its scope and those of the declarations asked about; the universe
// comes first, then the package.
type scopeTable struct {
	c       *checked
	objects *objectTable
	strings *stringTable
	rows    []int32
	names   []int32
}

func (st *scopeTable) open(start, end, parent int32, scope *types.Scope, visible func(types.Object) int32) int32 {
	id := int32(len(st.rows) / scopeWidth)
	names := scope.Names()
	st.rows = append(st.rows, start, end, parent, int32(len(st.names)/3), int32(len(names)), 0)
	for _, name := range names {
		obj := scope.Lookup(name)
		st.names = append(st.names, st.strings.intern(name), st.objects.list(obj), visible(obj))
	}
	return id
}

func everywhere(types.Object) int32 { return 0 }

func (st *scopeTable) outer() {
	st.open(-1, -1, -1, types.Universe, everywhere)
	st.open(-1, -1, 0, st.c.pkg.Scope(), everywhere)
}

// file lists the scopes of one file. Package scope is the parent of the file's in Go's terms too, but a name is looked
// up in the file first, which is what the order of parents says here.
func (st *scopeTable) file(s *source) {
	root := st.open(0, int32(len(s.text)), 1, st.c.info.Scopes[s.ast], everywhere)
	for _, decl := range s.ast.Decls {
		if s.asked(decl) {
			st.declaration(s, decl, root)
		}
	}
}

// A nested is a scope and the node that opens it.
type nested struct {
	scope      *types.Scope
	start, end int32
}

func (st *scopeTable) declaration(s *source, decl ast.Decl, root int32) {
	var found []nested
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.FuncType, *ast.BlockStmt, *ast.IfStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.CaseClause,
			*ast.CommClause, *ast.ForStmt, *ast.RangeStmt, *ast.TypeSpec:
			if scope := st.c.info.Scopes[n]; scope != nil {
				found = append(found, st.extent(s, scope, n))
			}
		}
		return true
	})
	if fn, ok := decl.(*ast.FuncDecl); ok && len(found) > 0 {
		found[0].start = int32(s.offset(fn.Pos())) // type parameters are visible before the body
	}
	sort.SliceStable(found, func(i, j int) bool {
		if found[i].start != found[j].start {
			return found[i].start < found[j].start
		}
		return found[i].end > found[j].end
	})
	var stack []int32
	for _, f := range found {
		for len(stack) > 0 && st.rows[stack[len(stack)-1]*scopeWidth+1] < f.end {
			stack = stack[:len(stack)-1]
		}
		parent := root
		if len(stack) > 0 {
			parent = stack[len(stack)-1]
		}
		scope := f.scope
		stack = append(stack, st.open(f.start, f.end, parent, scope, func(obj types.Object) int32 {
			return int32(s.offset(st.visibleFrom(scope, obj)))
		}))
	}
}

func (st *scopeTable) extent(s *source, scope *types.Scope, n ast.Node) nested {
	start, end := scope.Pos(), scope.End()
	if !start.IsValid() || !end.IsValid() {
		start, end = n.Pos(), n.End()
	}
	if right, ok := s.ends[end]; ok {
		end = right
	}
	return nested{scope, int32(s.offset(start)), int32(s.offset(end))}
}

// visibleFrom is the first place at which obj's name denotes it. go/types does not export that place, but tells for
// any place whether it lies before.
func (st *scopeTable) visibleFrom(scope *types.Scope, obj types.Object) token.Pos {
	at := func(pos token.Pos) bool {
		_, found := scope.LookupParent(obj.Name(), pos)
		return found == obj
	}
	low, high := obj.Pos(), scope.End()
	if !low.IsValid() || at(low) || high <= low {
		return low
	}
	return low + token.Pos(sort.Search(int(high-low), func(i int) bool { return at(low + token.Pos(i)) }))
}
