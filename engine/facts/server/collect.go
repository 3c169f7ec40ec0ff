package main

import (
	"go/ast"
	"go/constant"
	"go/types"
	"sort"
	"strconv"
)

// Bits of an expression row's flags.
const (
	exprType = 1 << iota
	exprBuiltin
	exprValue
	exprVoid
	exprAddressable
	exprCommaOK
	exprNil
	exprConstant
)

type identRow struct{ at, object int32 }

type exprRow struct{ start, end, typ, flags, value int32 }

// A collector turns what the checker recorded about the declarations asked for into tables.
type collector struct {
	*checked
	s       *source
	strings *stringTable
	types   *typeTable
	objects *objectTable
	scopes  *scopeTable
	lists   []int32
	inner   map[ast.Expr]bool // constant concatenations inside constant concatenations: their values are not told

	idents     []identRow
	exprs      []exprRow
	selections [][selectionWidth]int32
	instances  [][2]int32
}

func collect(c *checked) *factsReply {
	k := &collector{checked: c, strings: newStringTable(), inner: map[ast.Expr]bool{}}
	k.types = newTypeTable(c, k.strings, &k.lists)
	k.objects = newObjectTable(c, k.types, k.strings)
	k.scopes = &scopeTable{c: c, objects: k.objects, strings: k.strings}
	r := &factsReply{Path: c.pkg.Path(), Problems: c.problems}
	asked := false
	for _, s := range c.sources {
		asked = asked || len(s.spans) > 0
	}
	if asked {
		k.scopes.outer()
	}
	for _, s := range c.sources {
		r.Files = append(r.Files, k.file(s))
	}
	k.fill(r)
	return r
}

func (k *collector) file(s *source) fileReply {
	k.s = s
	f := fileReply{
		GoVersion: fileVersion(k.info, s.ast, k.req.GoVersion),
		Idents:    len(k.idents), Exprs: len(k.exprs), Selections: len(k.selections), Instances: len(k.instances),
		Scopes: len(k.scopes.rows) / scopeWidth,
	}
	for _, spec := range s.ast.Imports {
		f.Imports = append(f.Imports, k.importSpec(spec))
	}
	if len(s.spans) == 0 || k.info.Scopes[s.ast] == nil {
		return f
	}
	for _, decl := range s.ast.Decls {
		if s.asked(decl) {
			ast.Inspect(decl, k.node)
		}
	}
	k.scopes.file(s)
	k.sortFrom(f)
	return f
}

func (k *collector) importSpec(spec *ast.ImportSpec) importSpec {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		path = spec.Path.Value
	}
	name := ""
	if spec.Name != nil {
		name = spec.Name.Name
	} else if bound := k.info.Implicits[spec]; bound != nil {
		name = bound.Name()
	}
	return importSpec{name, path}
}

func (k *collector) node(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.Ident:
		k.ident(n)
	case *ast.SelectorExpr:
		if sel := k.info.Selections[n]; sel != nil {
			k.selection(n, sel)
		}
	case *ast.FuncDecl:
		k.mark(n.Recv, objectReceiver|objectParam)
	case *ast.FuncType:
		k.mark(n.Params, objectParam)
		k.mark(n.Results, objectResult)
	case *ast.CaseClause:
		if obj := k.info.Implicits[n]; obj != nil {
			k.objects.intern(obj)
			k.objects.marks[obj] |= objectImplicit
		}
	}
	if e, ok := n.(ast.Expr); ok {
		if tv, ok := k.info.Types[e]; ok {
			k.expr(e, tv)
		}
	}
	return true
}

func (k *collector) mark(fields *ast.FieldList, flags int32) {
	if fields == nil {
		return
	}
	for _, field := range fields.List {
		for _, name := range field.Names {
			if obj := k.info.Defs[name]; obj != nil {
				k.objects.marks[obj] |= flags
			}
		}
	}
}

func (k *collector) ident(id *ast.Ident) {
	obj := k.info.Uses[id]
	if obj == nil {
		obj = k.info.Defs[id]
	}
	if obj == nil {
		return
	}
	at := int32(k.s.offset(id.Pos()))
	k.idents = append(k.idents, identRow{at, k.objects.intern(obj)})
	if instance, ok := k.info.Instances[id]; ok {
		args := instance.TypeArgs
		k.instances = append(k.instances, [2]int32{at, int32(len(k.lists))})
		k.lists = append(k.lists, int32(args.Len()))
		for i := 0; i < args.Len(); i++ {
			k.lists = append(k.lists, k.types.intern(args.At(i)))
		}
	}
}

func (k *collector) expr(e ast.Expr, tv types.TypeAndValue) {
	flags := int32(0)
	set := func(is bool, bit int32) {
		if is {
			flags |= bit
		}
	}
	set(tv.IsType(), exprType)
	set(tv.IsBuiltin(), exprBuiltin)
	set(tv.IsValue(), exprValue)
	set(tv.IsVoid(), exprVoid)
	set(tv.Addressable(), exprAddressable)
	set(tv.HasOk(), exprCommaOK)
	set(tv.IsNil(), exprNil)
	set(tv.Value != nil, exprConstant)
	value := int32(-1)
	if tv.Value != nil {
		if sum, ok := e.(*ast.BinaryExpr); ok && tv.Value.Kind() == constant.String {
			k.inner[sum.X] = true // or a sum of n terms would spell out n prefixes
		}
		if _, sum := e.(*ast.BinaryExpr); !sum || !k.inner[e] {
			value = k.objects.value(tv.Value)
		}
	}
	k.exprs = append(k.exprs, exprRow{
		int32(k.s.offset(e.Pos())), int32(k.s.end(e)), k.types.intern(tv.Type), flags, value,
	})
}

// sortFrom sorts the rows that belong to the file whose rows start where f says.
func (k *collector) sortFrom(f fileReply) {
	idents, exprs := k.idents[f.Idents:], k.exprs[f.Exprs:]
	sort.SliceStable(idents, func(i, j int) bool { return idents[i].at < idents[j].at })
	sort.Slice(exprs, func(i, j int) bool {
		return exprs[i].start < exprs[j].start || exprs[i].start == exprs[j].start && exprs[i].end < exprs[j].end
	})
	selections, instances := k.selections[f.Selections:], k.instances[f.Instances:]
	sort.Slice(selections, func(i, j int) bool { return selections[i][0] < selections[j][0] })
	sort.Slice(instances, func(i, j int) bool { return instances[i][0] < instances[j][0] })
}

func (k *collector) fill(r *factsReply) {
	objects := k.objects.rows()
	k.types.finish()
	r.Uses = packInt32(k.uses(objects))
	r.Objects, r.Types, r.Lists = packInt32(objects), packInt64(k.types.rows), packInt32(k.lists)
	r.Scopes, r.Names, r.Strings = packInt32(k.scopes.rows), packInt32(k.scopes.names), k.strings.all

	column := func(n int, value func(i int) int32) []byte {
		values := make([]int32, n)
		for i := range values {
			values[i] = value(i)
		}
		return packInt32(values)
	}
	r.IdentAt = column(len(k.idents), func(i int) int32 { return k.idents[i].at })
	r.IdentObject = column(len(k.idents), func(i int) int32 { return k.idents[i].object })
	r.ExprStart = column(len(k.exprs), func(i int) int32 { return k.exprs[i].start })
	r.ExprEnd = column(len(k.exprs), func(i int) int32 { return k.exprs[i].end })
	r.ExprType = column(len(k.exprs), func(i int) int32 { return k.exprs[i].typ })
	r.ExprFlags = column(len(k.exprs), func(i int) int32 { return k.exprs[i].flags })
	r.ExprValue = column(len(k.exprs), func(i int) int32 { return k.exprs[i].value })
	r.Selections = column(len(k.selections)*selectionWidth, func(i int) int32 {
		return k.selections[i/selectionWidth][i%selectionWidth]
	})
	r.Instances = column(len(k.instances)*2, func(i int) int32 { return k.instances[i/2][i%2] })
}

// uses lists identifier rows by object, and notes in each object's row where its own start and how many there are.
func (k *collector) uses(objects []int32) []int32 {
	const first, count = objectWidth - 2, objectWidth - 1
	for _, id := range k.idents {
		objects[id.object*objectWidth+count]++
	}
	next := int32(0)
	for i := 0; i < len(objects); i += objectWidth {
		objects[i+first] = next
		next += objects[i+count]
	}
	list := make([]int32, len(k.idents))
	filled := make([]int32, len(objects)/objectWidth)
	for i, id := range k.idents {
		list[objects[id.object*objectWidth+first]+filled[id.object]] = int32(i)
		filled[id.object]++
	}
	return list
}
