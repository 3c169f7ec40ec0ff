package main

import (
	"reflect"
	"testing"
)

func TestSplit(t *testing.T) {
	for list, want := range map[string][]string{"": nil, " ": nil, "u1": {"u1"}, "u1, u2": {"u1", "u2"}} {
		if got := split(list); !reflect.DeepEqual(got, want) {
			t.Errorf("split(%q) = %#v", list, got)
		}
	}
}
