package main

import (
	"go/types"
	"sort"
)

// mentions gathers what a reader of a type's text needs: the packages it names, and names they could not write.
type mentions struct {
	self  *types.Package
	paths map[string]bool
	flags int64
}

func (m *mentions) packages() []string {
	list := make([]string, 0, len(m.paths))
	for path := range m.paths {
		list = append(list, path)
	}
	sort.Strings(list)
	return list
}

func (m *mentions) walk(t types.Type) {
	switch t := unalias(t).(type) {
	case *types.Named:
		m.object(t.Obj())
		for i := 0; i < t.TypeArgs().Len(); i++ {
			m.walk(t.TypeArgs().At(i))
		}
	case *types.TypeParam:
		m.flags |= typeGeneric
	case *types.Slice:
		m.walk(t.Elem())
	case *types.Array:
		m.walk(t.Elem())
	case *types.Pointer:
		m.walk(t.Elem())
	case *types.Chan:
		m.walk(t.Elem())
	case *types.Map:
		m.walk(t.Key())
		m.walk(t.Elem())
	case *types.Tuple:
		for i := 0; i < t.Len(); i++ {
			m.walk(t.At(i).Type())
		}
	case *types.Signature:
		m.walk(t.Params())
		m.walk(t.Results())
	case *types.Struct:
		for i := 0; i < t.NumFields(); i++ {
			m.member(t.Field(i))
			m.walk(t.Field(i).Type())
		}
	case *types.Interface:
		for i := 0; i < t.NumMethods(); i++ {
			m.member(t.Method(i))
			m.walk(t.Method(i).Type())
		}
	}
}

func (m *mentions) object(obj *types.TypeName) {
	pkg := obj.Pkg()
	if pkg == nil {
		return
	}
	if m.paths == nil {
		m.paths = map[string]bool{}
	}
	m.paths[pkg.Path()] = true
	if obj.Parent() != nil && obj.Parent() != pkg.Scope() {
		m.flags |= typeLocal
	}
	m.member(obj)
}

func (m *mentions) member(obj types.Object) {
	if obj.Pkg() != nil && obj.Pkg() != m.self && !obj.Exported() {
		m.flags |= typeHidden
	}
}
