package main

import (
	"go/format"
	"go/scanner"
)

// A formatText is one text as gofmt prints it, or why it cannot.
type formatText struct {
	Text   []byte `json:"text"`
	Error  string `json:"error,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

func formatTexts(texts [][]byte) []formatText {
	replies := make([]formatText, len(texts))
	for i, text := range texts {
		formatted, err := format.Source(text)
		if err == nil {
			replies[i].Text = formatted
			continue
		}
		replies[i].Error = err.Error()
		if list, ok := err.(scanner.ErrorList); ok && len(list) > 0 {
			replies[i] = formatText{Error: list[0].Msg, Line: list[0].Pos.Line, Column: list[0].Pos.Column}
		}
	}
	return replies
}
