package main

import (
	"go/types"
	"sort"
	"strconv"
	"strings"
)

// kindOf names the kind of the underlying type, as reflect would; a type parameter is of kind typeparam.
func kindOf(t types.Type) string {
	if _, ok := t.(*types.TypeParam); ok {
		return "typeparam"
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return basicKind(u)
	case *types.Slice:
		return "slice"
	case *types.Array:
		return "array"
	case *types.Map:
		return "map"
	case *types.Chan:
		return "chan"
	case *types.Struct:
		return "struct"
	case *types.Pointer:
		return "pointer"
	case *types.Signature:
		return "func"
	case *types.Interface:
		return "interface"
	case *types.Tuple:
		return "tuple"
	}
	return "invalid"
}

func basicKind(b *types.Basic) string {
	switch b.Kind() {
	case types.Invalid:
		return "invalid"
	case types.UnsafePointer:
		return "unsafe.Pointer"
	case types.UntypedNil:
		return "nil"
	case types.UntypedRune:
		return "int32"
	case types.UntypedFloat:
		return "float64"
	case types.UntypedComplex:
		return "complex128"
	}
	return strings.TrimPrefix(types.Typ[b.Kind()].Name(), "untyped ")
}

// nameOf is the name of a defined type or type parameter, or "".
func nameOf(t types.Type) string {
	switch t := t.(type) {
	case *types.Named:
		return qualified(t.Obj())
	case *types.TypeParam:
		return t.Obj().Name()
	}
	return ""
}

func qualified(obj types.Object) string {
	if obj.Pkg() == nil {
		return obj.Name()
	}
	return obj.Pkg().Path() + "." + obj.Name()
}

// typeString writes a type the way types.TypeString does, except that identical types read alike: aliases are
// replaced by what they stand for, uint8 is byte, the empty interface is any, methods of interfaces are sorted.
func typeString(t types.Type) string {
	var b strings.Builder
	writeType(&b, t)
	return b.String()
}

func writeType(b *strings.Builder, t types.Type) {
	switch t := unalias(t).(type) {
	case *types.Basic:
		b.WriteString(basicName(t))
	case *types.Named:
		b.WriteString(qualified(t.Obj()))
		writeTypeArgs(b, t.TypeArgs())
	case *types.TypeParam:
		b.WriteString(t.Obj().Name())
	case *types.Slice:
		b.WriteString("[]")
		writeType(b, t.Elem())
	case *types.Array:
		b.WriteString("[" + strconv.FormatInt(t.Len(), 10) + "]")
		writeType(b, t.Elem())
	case *types.Pointer:
		b.WriteString("*")
		writeType(b, t.Elem())
	case *types.Map:
		b.WriteString("map[")
		writeType(b, t.Key())
		b.WriteString("]")
		writeType(b, t.Elem())
	case *types.Chan:
		writeChan(b, t)
	case *types.Struct:
		writeStruct(b, t)
	case *types.Tuple:
		writeTuple(b, t, false)
	case *types.Signature:
		b.WriteString("func")
		writeSignature(b, t)
	case *types.Interface:
		writeInterface(b, t)
	default:
		b.WriteString(types.TypeString(t, nil))
	}
}

func basicName(b *types.Basic) string {
	switch b.Kind() {
	case types.Uint8:
		return "byte"
	case types.UnsafePointer:
		return "unsafe.Pointer"
	}
	return types.Typ[b.Kind()].Name()
}

func writeTypeArgs(b *strings.Builder, args *types.TypeList) {
	for i := 0; i < args.Len(); i++ {
		b.WriteString([]string{"[", ","}[min1(i)])
		writeType(b, args.At(i))
	}
	if args.Len() > 0 {
		b.WriteString("]")
	}
}

func min1(i int) int {
	if i > 1 {
		return 1
	}
	return i
}

func writeChan(b *strings.Builder, t *types.Chan) {
	b.WriteString([]string{"chan ", "chan<- ", "<-chan "}[t.Dir()])
	if inner, ok := unalias(t.Elem()).(*types.Chan); ok && t.Dir() != types.SendOnly && inner.Dir() == types.RecvOnly {
		b.WriteString("(")
		writeType(b, inner)
		b.WriteString(")")
		return
	}
	writeType(b, t.Elem())
}

func writeStruct(b *strings.Builder, t *types.Struct) {
	b.WriteString("struct{")
	for i := 0; i < t.NumFields(); i++ {
		if i > 0 {
			b.WriteString("; ")
		}
		if f := t.Field(i); !f.Embedded() {
			b.WriteString(f.Name() + " ")
		}
		writeType(b, t.Field(i).Type())
		if tag := t.Tag(i); tag != "" {
			b.WriteString(" " + strconv.Quote(tag))
		}
	}
	b.WriteString("}")
}

func writeTuple(b *strings.Builder, t *types.Tuple, variadic bool) {
	b.WriteString("(")
	for i := 0; i < t.Len(); i++ {
		if i > 0 {
			b.WriteString(", ")
		}
		each := t.At(i).Type()
		if slice, ok := unalias(each).(*types.Slice); ok && variadic && i == t.Len()-1 {
			b.WriteString("...")
			each = slice.Elem()
		}
		writeType(b, each)
	}
	b.WriteString(")")
}

func writeSignature(b *strings.Builder, t *types.Signature) {
	writeTuple(b, t.Params(), t.Variadic())
	switch results := t.Results(); results.Len() {
	case 0:
	case 1:
		b.WriteString(" ")
		writeType(b, results.At(0).Type())
	default:
		b.WriteString(" ")
		writeTuple(b, results, false)
	}
}

func writeInterface(b *strings.Builder, t *types.Interface) {
	if !t.IsMethodSet() {
		b.WriteString(types.TypeString(t, nil)) // a constraint; only type parameters meet it
		return
	}
	if t.NumMethods() == 0 {
		b.WriteString("any")
		return
	}
	var methods []string
	for i := 0; i < t.NumMethods(); i++ {
		var m strings.Builder
		m.WriteString(t.Method(i).Name())
		writeSignature(&m, t.Method(i).Type().(*types.Signature))
		methods = append(methods, m.String())
	}
	sort.Strings(methods)
	b.WriteString("interface{" + strings.Join(methods, "; ") + "}")
}
