package main

import "encoding/binary"

// A factsReply carries the facts of one package as tables of integers; rows refer to each other by index, to strings
// through Strings, and to "nothing" by -1. engine/facts/wire.py describes every column.
type factsReply struct {
	Path     string      `json:"path"`
	Problems []problem   `json:"problems"`
	Files    []fileReply `json:"files"`
	Strings  []string    `json:"strings"`
	Types    []byte      `json:"types"`   // int64 rows of typeWidth
	Objects  []byte      `json:"objects"` // int32 rows of objectWidth
	Lists    []byte      `json:"lists"`   // int32: what rows hold a variable number of

	IdentAt     []byte `json:"ident_at"` // identifiers, by file and offset
	IdentObject []byte `json:"ident_object"`
	Uses        []byte `json:"uses"` // identifier rows, by object

	ExprStart []byte `json:"expr_start"` // expressions, by file, start and end
	ExprEnd   []byte `json:"expr_end"`
	ExprType  []byte `json:"expr_type"`
	ExprFlags []byte `json:"expr_flags"`
	ExprValue []byte `json:"expr_value"`

	Selections []byte `json:"selections"` // int32 rows of selectionWidth, by file and offset
	Instances  []byte `json:"instances"`  // int32 rows of offset, list
	Scopes     []byte `json:"scopes"`     // int32 rows of scopeWidth, by file, start, and outermost first
	Names      []byte `json:"names"`      // int32 rows of name, object, offset from which it is visible
}

// A fileReply holds a file's facts, and where its rows start in the tables that are sorted by file.
type fileReply struct {
	GoVersion  string       `json:"go_version"`
	Imports    []importSpec `json:"imports"`
	Idents     int          `json:"idents"`
	Exprs      int          `json:"exprs"`
	Selections int          `json:"selections"`
	Instances  int          `json:"instances"`
	Scopes     int          `json:"scopes"` // the first of them is the file's own scope
}

// An importSpec is one import: the name it binds ("." and "_" included) and the path as the source writes it.
type importSpec struct {
	Name string `json:"name"`
	Path string `json:"path"`
}

func packInt32(values []int32) []byte {
	out := make([]byte, 4*len(values))
	for i, v := range values {
		binary.LittleEndian.PutUint32(out[4*i:], uint32(v))
	}
	return out
}

func packInt64(values []int64) []byte {
	out := make([]byte, 8*len(values))
	for i, v := range values {
		binary.LittleEndian.PutUint64(out[8*i:], uint64(v))
	}
	return out
}

// A stringTable numbers strings; "" is 0.
type stringTable struct {
	index map[string]int32
	all   []string
}

func newStringTable() *stringTable {
	return &stringTable{index: map[string]int32{"": 0}, all: []string{""}}
}

func (t *stringTable) intern(s string) int32 {
	if i, ok := t.index[s]; ok {
		return i
	}
	i := int32(len(t.all))
	t.index[s] = i
	t.all = append(t.all, s)
	return i
}
