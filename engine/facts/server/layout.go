package main

import "go/types"

// deepest bounds the recursion through array and struct types; only broken code nests deeper.
const deepest = 50

// size is unsafe.Sizeof for the request's architecture, or -1 where it depends on a type parameter or is unknown.
func (tt *typeTable) size(t types.Type) (size int64) {
	if !sized(t, 0) {
		return -1
	}
	defer func() { // releases differ in which odd types make Sizeof panic
		if recover() != nil {
			size = -1
		}
	}()
	if size = tt.c.sizes.Sizeof(t); size < 0 {
		return -1
	}
	return size
}

func sized(t types.Type, depth int) bool {
	if depth > deepest {
		return false
	}
	switch t := unalias(t).(type) {
	case *types.TypeParam, *types.Tuple:
		return false
	default:
		switch u := t.Underlying().(type) {
		case *types.Basic:
			return u.Kind() != types.Invalid && u.Info()&types.IsUntyped == 0
		case *types.Array:
			return sized(u.Elem(), depth+1)
		case *types.Struct:
			for i := 0; i < u.NumFields(); i++ {
				if !sized(u.Field(i).Type(), depth+1) {
					return false
				}
			}
		}
		return true
	}
}

// pointerFree reports whether a value of type t surely holds no pointer, so that the collector need not scan it.
func (tt *typeTable) pointerFree(t types.Type, depth int) bool {
	if depth > deepest {
		return false
	}
	if free, ok := tt.free[t]; ok {
		return free
	}
	free := false
	switch plain := unalias(t).(type) {
	case *types.TypeParam, *types.Tuple:
	default:
		switch u := plain.Underlying().(type) {
		case *types.Basic:
			free = u.Info()&(types.IsBoolean|types.IsNumeric) != 0
		case *types.Array:
			free = u.Len() == 0 || tt.pointerFree(u.Elem(), depth+1)
		case *types.Struct:
			free = true
			for i := 0; free && i < u.NumFields(); i++ {
				free = tt.pointerFree(u.Field(i).Type(), depth+1)
			}
		}
	}
	tt.free[t] = free
	return free
}
