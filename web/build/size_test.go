package main

import (
	"os"
	"path/filepath"
	"testing"
)

// maxCore is how many bytes of the core may be downloaded, compressed by brotli at
// quality 11.
const maxCore = 1_500_000

// The core stays small enough to be loaded by a page.
func TestCoreSize(t *testing.T) {
	if testing.Short() {
		t.Skip("compiling and compressing the core takes a while")
	}
	t.Chdir("../..")
	core, err := compileCore()
	if err != nil {
		t.Fatal(err)
	}
	small, err := compressedSize(core)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the core has %d bytes, %d compressed", len(core), small)
	if small > maxCore {
		t.Errorf("the core has %d bytes compressed; want at most %d", small, maxCore)
	}
	if small < maxCore/10 {
		t.Errorf("the core has only %d bytes compressed: is it the core?", small)
	}
}

// compressedSize returns the size that the build's compressed form of this very core
// has, if it was built; else it compresses.
func compressedSize(core []byte) (int, error) {
	if built, err := os.Stat(filepath.Join(distDir, hashed("core.wasm", core)+".br")); err == nil {
		return int(built.Size()), nil
	}
	small, err := brotlied(core)
	return len(small), err
}
