package media

import (
	"io/fs"
	"os"
	"testing"
)

// kept is all that is in the files of a directory, one after another.
func kept(t testing.TB, dir string) (all []byte) {
	t.Helper()
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := fs.ReadFile(root, name)
		all = append(append(all, name...), data...)
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("%s: %d bytes, %v", dir, len(all), err)
	}
	return all
}
