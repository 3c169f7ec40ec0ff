//go:build !go1.22

package main

import (
	"go/ast"
	"go/types"
)

func unalias(t types.Type) types.Type { return t }

func withVersions(info *types.Info) *types.Info { return info }

func fileVersion(_ *types.Info, _ *ast.File, packageVersion string) string { return packageVersion }
