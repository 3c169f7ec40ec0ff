package main

import "go/types"

const typeWidth = 11

// Bits of a type row's flags.
const (
	typePointerFree = 1 << iota
	typeUntyped
	typeComparable
	typeVariadic
	typeHidden  // mentions an unexported name of another package
	typeLocal   // mentions a type declared inside a function
	typeGeneric // mentions a type parameter
)

// A typeTable numbers types; identical types (types.Identical) get one number, whatever aliases spell them.
type typeTable struct {
	c       *checked
	strings *stringTable
	seen    map[types.Type]int32
	alike   map[string][]int32 // by typeString
	all     []types.Type
	text    []string
	rows    []int64
	lists   *[]int32
	free    map[types.Type]bool // memo of pointerFree
}

func newTypeTable(c *checked, strings *stringTable, lists *[]int32) *typeTable {
	return &typeTable{
		c: c, strings: strings, lists: lists,
		seen: map[types.Type]int32{}, alike: map[string][]int32{}, free: map[types.Type]bool{},
	}
}

// intern returns the number of t, or -1 for no type. Rows are filled by finish, as types can be recursive.
func (tt *typeTable) intern(t types.Type) int32 {
	if t == nil {
		return -1
	}
	if id, ok := tt.seen[t]; ok {
		return id
	}
	plain := unalias(t)
	text := typeString(plain)
	for _, id := range tt.alike[text] {
		if types.Identical(tt.all[id], plain) {
			tt.seen[t] = id
			return id
		}
	}
	id := int32(len(tt.all))
	tt.all = append(tt.all, plain)
	tt.text = append(tt.text, text)
	tt.alike[text] = append(tt.alike[text], id)
	tt.seen[t], tt.seen[plain] = id, id
	return id
}

// finish fills the rows, for the types that rows mention too.
func (tt *typeTable) finish() {
	for id := 0; id < len(tt.all); id++ {
		tt.rows = append(tt.rows, tt.row(tt.all[id], tt.text[id])...)
	}
}

func (tt *typeTable) row(t types.Type, text string) []int64 {
	elem, key, length := parts(t)
	flags, core, list := tt.flags(t), types.Type(nil), int64(-1)
	var params, results, terms []int32
	if sig, ok := t.Underlying().(*types.Signature); ok {
		params, results = tt.tuple(sig.Params()), tt.tuple(sig.Results())
		if sig.Variadic() {
			flags |= typeVariadic
		}
	}
	if tp, ok := t.(*types.TypeParam); ok {
		var each []types.Type
		each, core = termsOf(tp)
		for _, term := range each {
			terms = append(terms, tt.intern(term))
		}
		if core != nil {
			elem, key, length = parts(core)
		}
	}
	m := mentions{self: tt.c.pkg}
	m.walk(t)
	flags |= m.flags
	var packages []int32
	for _, path := range m.packages() {
		packages = append(packages, tt.strings.intern(path))
	}
	embedded := tt.embedded(t)
	shadowed := tt.shadowed(t)
	if len(params)+len(results)+len(terms)+len(packages)+len(embedded) > 0 {
		list = int64(len(*tt.lists))
		for _, part := range [][]int32{params, results, terms, packages, embedded, shadowed} {
			*tt.lists = append(append(*tt.lists, int32(len(part))), part...)
		}
	}
	return []int64{
		int64(tt.strings.intern(text)), int64(tt.strings.intern(kindOf(t))), int64(tt.strings.intern(nameOf(t))),
		int64(tt.intern(elem)), int64(tt.intern(key)), length, tt.size(t), flags, list, int64(tt.intern(core)), 0,
	}
}

func (tt *typeTable) tuple(tuple *types.Tuple) []int32 {
	ids := make([]int32, tuple.Len())
	for i := range ids {
		ids[i] = tt.intern(tuple.At(i).Type())
	}
	return ids
}

// embedded are the types of a struct's embedded fields.
func (tt *typeTable) embedded(t types.Type) (ids []int32) {
	if structure, ok := t.Underlying().(*types.Struct); ok {
		for i := 0; i < structure.NumFields(); i++ {
			if structure.Field(i).Embedded() {
				ids = append(ids, tt.intern(structure.Field(i).Type()))
			}
		}
	}
	return ids
}

// shadowed are the names of fields of embedded structs, at any depth, that x.f does not reach: another field or method
// of that name is nearer, or as near.
func (tt *typeTable) shadowed(t types.Type) (names []int32) {
	seen := map[types.Type]bool{}
	told := map[string]bool{}
	var visit func(types.Type)
	visit = func(inner types.Type) {
		structure, ok := inner.Underlying().(*types.Struct)
		if !ok || seen[inner] {
			return
		}
		seen[inner] = true
		for i := 0; i < structure.NumFields(); i++ {
			field := structure.Field(i)
			if inner != t && field.Exported() && !told[field.Name()] {
				if found, _, _ := types.LookupFieldOrMethod(t, true, tt.c.pkg, field.Name()); found != field {
					told[field.Name()] = true
					names = append(names, tt.strings.intern(field.Name()))
				}
			}
			if field.Embedded() {
				next, _ := deref(field.Type())
				visit(next)
			}
		}
	}
	visit(t)
	return names
}

// parts are the element, key and length of a type, where it has them.
func parts(t types.Type) (elem, key types.Type, length int64) {
	switch u := t.Underlying().(type) {
	case *types.Slice:
		return u.Elem(), nil, -1
	case *types.Array:
		return u.Elem(), nil, u.Len()
	case *types.Map:
		return u.Elem(), u.Key(), -1
	case *types.Chan:
		return u.Elem(), nil, -1
	case *types.Pointer:
		return u.Elem(), nil, -1
	}
	return nil, nil, -1
}

func (tt *typeTable) flags(t types.Type) (flags int64) {
	if tt.pointerFree(t, 0) {
		flags |= typePointerFree
	}
	if b, ok := t.(*types.Basic); ok && b.Info()&types.IsUntyped != 0 {
		flags |= typeUntyped
	}
	if _, tuple := t.(*types.Tuple); !tuple && types.Comparable(t) {
		flags |= typeComparable
	}
	return flags
}

// termsOf lists the underlying types that a type parameter may have (nil: any), and its core type if they agree.
func termsOf(tp *types.TypeParam) (terms []types.Type, core types.Type) {
	terms, _ = constraintTerms(tp.Constraint(), 0)
	if len(terms) == 0 {
		return nil, nil
	}
	for _, term := range terms[1:] {
		if !types.Identical(term, terms[0]) {
			return terms, nil
		}
	}
	return terms, terms[0]
}

// constraintTerms returns the underlying types in a constraint's type set, and whether it restricts them at all.
func constraintTerms(t types.Type, depth int) (terms []types.Type, restricted bool) {
	if depth > 20 {
		return nil, false
	}
	if union, ok := t.(*types.Union); ok {
		for i := 0; i < union.Len(); i++ {
			each, restricted := constraintTerms(union.Term(i).Type(), depth+1)
			if !restricted {
				return nil, false
			}
			terms = append(terms, each...)
		}
		return terms, true
	}
	face, ok := t.Underlying().(*types.Interface)
	if !ok {
		return []types.Type{t.Underlying()}, true
	}
	for i := 0; i < face.NumEmbeddeds(); i++ {
		each, limits := constraintTerms(face.EmbeddedType(i), depth+1)
		if limits && restricted {
			each = intersect(terms, each)
		}
		if limits {
			terms, restricted = each, true
		}
	}
	return terms, restricted
}

func intersect(a, b []types.Type) (both []types.Type) {
	for _, x := range a {
		for _, y := range b {
			if types.Identical(x, y) {
				both = append(both, x)
				break
			}
		}
	}
	return both
}
