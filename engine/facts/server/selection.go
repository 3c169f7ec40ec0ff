package main

import (
	"go/ast"
	"go/types"
)

const selectionWidth = 5 // offset, kind, flags, receiver, list of the embedded fields passed through

// Bits of a selection row's flags.
const (
	selectIndirect        = 1 << iota // a pointer lies on the way from x to f in x.f
	selectPointerReceiver             // the method is declared on a pointer
	selectImplicitAddress             // x.f() takes the address of x, or of a part of x
)

// selection records x.f where f is a field or method; package members are plain uses.
func (k *collector) selection(n *ast.SelectorExpr, sel *types.Selection) {
	flags, passed := int32(0), []int32{}
	t, indirect := deref(sel.Recv())
	for _, i := range sel.Index()[:len(sel.Index())-1] {
		structure, ok := t.Underlying().(*types.Struct)
		if !ok || i >= structure.NumFields() {
			break
		}
		field := structure.Field(i)
		passed = append(passed, k.objects.intern(field))
		var pointer bool
		t, pointer = deref(field.Type())
		indirect = indirect || pointer
	}
	if indirect {
		flags |= selectIndirect
	}
	if fn, ok := sel.Obj().(*types.Func); ok {
		if sig, ok := fn.Type().(*types.Signature); ok && sig.Recv() != nil {
			if _, pointer := unalias(sig.Recv().Type()).(*types.Pointer); pointer {
				flags |= selectPointerReceiver
				if sel.Kind() == types.MethodVal && !indirect {
					flags |= selectImplicitAddress
				}
			}
		}
	}
	k.selections = append(k.selections, [selectionWidth]int32{
		int32(k.s.offset(n.Sel.Pos())), int32(sel.Kind()), flags, k.types.intern(sel.Recv()), int32(len(k.lists)),
	})
	k.lists = append(append(k.lists, int32(len(passed))), passed...)
}

func deref(t types.Type) (elem types.Type, pointer bool) {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		return p.Elem(), true
	}
	return t, false
}
