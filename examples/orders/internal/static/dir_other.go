//go:build !windows

package static

import (
	"os"
	"path/filepath"
)

// DataDirs are the places for the data directory, best first.
func DataDirs() []string {
	roots := filepath.SplitList(os.Getenv("ORDERS_DATA"))
	roots = append(roots, os.TempDir())
	var dirs []string
	for _, root := range roots {
		dirs = append(dirs, filepath.Join(root, "orders"))
	}
	return dirs
}
