package main

import (
	"os"
	"strings"
	"time"
)

// fault breaks this process on purpose, so that gorefit's own tests can show what a crash or a hang of go/types does:
// GOREFIT_FACTS_FAULT="exit|hang|panic:IMPORTPATH".
func fault(importPath string) {
	kind, path, ok := strings.Cut(os.Getenv("GOREFIT_FACTS_FAULT"), ":")
	if !ok || path != importPath {
		return
	}
	switch kind {
	case "exit":
		os.Stderr.WriteString("facts: fault asked for\n")
		os.Exit(7)
	case "hang":
		time.Sleep(time.Hour)
	case "panic":
		panic("fault asked for")
	}
}
