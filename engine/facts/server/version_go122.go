//go:build go1.22

package main

import (
	"go/ast"
	"go/types"
	"os"
)

func init() {
	// Without alias nodes go/types refuses generic aliases; the go line of this program's go.mod turns them off.
	os.Setenv("GODEBUG", "gotypesalias=1")
}

func unalias(t types.Type) types.Type { return types.Unalias(t) }

func withVersions(info *types.Info) *types.Info {
	info.FileVersions = map[*ast.File]string{}
	return info
}

func fileVersion(info *types.Info, file *ast.File, packageVersion string) string {
	if v := info.FileVersions[file]; v != "" {
		return v
	}
	return packageVersion
}
