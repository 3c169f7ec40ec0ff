//go:build go1.19

package main

import "go/types"

// origin is the object as declared, for a field or method of an instantiated type.
func origin(obj types.Object) types.Object {
	switch obj := obj.(type) {
	case *types.Var:
		return obj.Origin()
	case *types.Func:
		return obj.Origin()
	}
	return obj
}
