//go:build windows

package static

import "os"

// DataDirs are the places for the data directory, best first.
func DataDirs() []string {
	roots := []string{os.Getenv("ProgramData"), os.Getenv("LocalAppData"), os.TempDir()}
	var dirs []string
	for _, root := range roots {
		dirs = append(dirs, root+`\orders`)
	}
	return dirs
}
