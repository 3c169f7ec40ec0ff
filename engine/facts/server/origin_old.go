//go:build !go1.19

package main

import "go/types"

// origin cannot tell in Go 1.18; a method of an instantiated type is found again through its receiver.
func origin(obj types.Object) types.Object {
	fn, ok := obj.(*types.Func)
	if !ok {
		return obj
	}
	recv := fn.Type().(*types.Signature).Recv()
	if recv == nil {
		return obj
	}
	t := recv.Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	named, ok := t.(*types.Named)
	if !ok || named.Origin() == named {
		return obj
	}
	generic := named.Origin()
	for i := 0; i < generic.NumMethods(); i++ {
		if m := generic.Method(i); m.Name() == fn.Name() {
			return m
		}
	}
	return obj
}
