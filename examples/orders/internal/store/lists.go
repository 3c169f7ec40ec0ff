package store

import (
	"cmp"
	"slices"
)

// Map applies f to each element; the result of an empty list is nil.
func Map[T, R any](list []T, f func(T) R) []R {
	var out []R
	for _, v := range list {
		out = append(out, f(v))
	}
	return out
}

// Clone copies a list of any slice type.
func Clone[S ~[]E, E any](list S) S {
	var out S
	for _, v := range list {
		out = append(out, v)
	}
	return out
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0)
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Collect reads orders until the channel is closed.
func Collect(orders <-chan Order) []Order {
	var out []Order
	for o := range orders {
		out = append(out, o)
	}
	return out
}

// AppendIDs adds the numbers of the orders to dst.
func AppendIDs(dst IDs, orders []Order) IDs {
	for _, o := range orders {
		dst = append(dst, o.ID)
	}
	return dst
}
