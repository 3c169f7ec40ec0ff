package main

import (
	"go/constant"
	"go/token"
	"go/types"
)

const objectWidth = 11

// Kinds of objects, in the order of engine/facts/objects.py.
const (
	kindVar = iota
	kindConst
	kindType
	kindFunc
	kindPackage
	kindBuiltin
	kindNil
	kindLabel
)

// Scopes of objects, in the order of engine/facts/objects.py.
const (
	scopeUniverse = iota
	scopeFile
	scopePackage
	scopeLocal
	scopeMember // fields and methods
)

// Bits of an object row's flags; the scope lies above them.
const (
	objectField = 1 << iota
	objectEmbedded
	objectParam
	objectResult
	objectReceiver
	objectImplicit // declared by a clause of a type switch
	objectShallow  // only listed in a scope: its type and value are not told
	scopeShift     = 8
)

// An objectTable numbers the objects that identifiers and scopes mention.
type objectTable struct {
	c       *checked
	types   *typeTable
	strings *stringTable
	seen    map[types.Object]int32
	all     []types.Object
	deep    []bool
	marks   map[types.Object]int32 // flags that only the syntax tells
}

func newObjectTable(c *checked, types_ *typeTable, strings *stringTable) *objectTable {
	return &objectTable{
		c: c, types: types_, strings: strings,
		seen: map[types.Object]int32{}, marks: map[types.Object]int32{},
	}
}

// intern returns the number of obj, and sees to it that its type is told.
func (ot *objectTable) intern(obj types.Object) int32 {
	id := ot.list(origin(obj))
	ot.deep[id] = true
	return id
}

// list returns the number of obj; its type is told only if something else interns it.
func (ot *objectTable) list(obj types.Object) int32 {
	if id, ok := ot.seen[obj]; ok {
		return id
	}
	id := int32(len(ot.all))
	ot.seen[obj] = id
	ot.all = append(ot.all, obj)
	ot.deep = append(ot.deep, false)
	return id
}

func (ot *objectTable) rows() []int32 {
	rows := make([]int32, 0, objectWidth*len(ot.all))
	for id, obj := range ot.all {
		rows = append(rows, ot.row(obj, ot.deep[id])...)
	}
	return rows
}

// row is name, kind, type, file, offset, package, full name, flags, value, and two columns for its uses.
func (ot *objectTable) row(obj types.Object, deep bool) []int32 {
	kind, flags, value := ot.describe(obj)
	t, file, offset, pkg, full := int32(-1), int32(-1), int32(-1), "", obj.Name()
	if obj.Pkg() != nil {
		pkg, full = obj.Pkg().Path(), qualified(obj)
	}
	switch obj := obj.(type) {
	case *types.Func:
		full = obj.FullName()
	case *types.PkgName, *types.Label:
		full = obj.Name()
	}
	if deep {
		t = ot.types.intern(obj.Type())
	} else {
		flags |= objectShallow
	}
	if index := ot.place(obj); index >= 0 {
		file, offset = int32(index), int32(ot.c.sources[index].offset(obj.Pos()))
	}
	return []int32{
		ot.strings.intern(obj.Name()), kind, t, file, offset, ot.strings.intern(pkg), ot.strings.intern(full),
		flags | ot.marks[obj], value, 0, 0,
	}
}

// place is the file that declares obj, or -1 if none of the package's does.
func (ot *objectTable) place(obj types.Object) int {
	if obj.Pkg() != ot.c.pkg || obj.Pkg() == nil {
		return -1
	}
	return ot.c.sourceAt(obj.Pos())
}

func (ot *objectTable) describe(obj types.Object) (kind, flags, value int32) {
	value = -1
	switch obj := obj.(type) {
	case *types.Var:
		kind = kindVar
		if obj.IsField() {
			flags |= objectField
		}
		if obj.Embedded() {
			flags |= objectEmbedded
		}
	case *types.Const:
		kind, value = kindConst, ot.value(obj.Val())
	case *types.TypeName:
		kind = kindType
	case *types.Func:
		kind = kindFunc
	case *types.PkgName:
		kind, value = kindPackage, ot.strings.intern(obj.Imported().Path())
	case *types.Builtin:
		kind = kindBuiltin
	case *types.Nil:
		kind = kindNil
	case *types.Label:
		kind = kindLabel
	}
	return kind, flags | scopeOf(obj)<<scopeShift, value
}

func scopeOf(obj types.Object) int32 {
	switch obj.(type) {
	case *types.PkgName:
		return scopeFile
	case *types.Label:
		return scopeLocal
	}
	switch parent := obj.Parent(); {
	case parent == types.Universe:
		return scopeUniverse
	case obj.Pkg() == types.Unsafe, obj.Pkg() != nil && parent == obj.Pkg().Scope():
		return scopePackage
	}
	switch obj := obj.(type) {
	case *types.Var:
		if obj.IsField() {
			return scopeMember
		}
	case *types.Func:
		if sig, ok := obj.Type().(*types.Signature); ok && sig.Recv() != nil {
			return scopeMember
		}
		return scopePackage // init, and functions named _
	}
	if obj.Name() == "_" && obj.Parent() == nil && obj.Pos() == token.NoPos {
		return scopePackage
	}
	return scopeLocal
}

// longestValue bounds the constants that are told: the sums of a long concatenation would fill the reply.
const longestValue = 4096

func (ot *objectTable) value(v constant.Value) int32 {
	if v == nil || v.Kind() == constant.Unknown {
		return -1
	}
	if v.Kind() == constant.String && len(constant.StringVal(v)) > longestValue {
		return -1
	}
	return ot.strings.intern(v.ExactString())
}
