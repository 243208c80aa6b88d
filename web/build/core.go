package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// corePackage is the core's program.
const corePackage = "./cmd/parleywasm"

// compileCore returns the core as wasm. The go command makes it again only where
// something has changed.
func compileCore() ([]byte, error) {
	dir, err := os.MkdirTemp("", "parley-build-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "core.wasm")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", file, corePackage)
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("compiling the core: %w\n%s", err, stderr.Bytes())
	}
	return os.ReadFile(file)
}

// runtimeFile returns wasm_exec.js of the toolchain that compiles the core: the two
// must be of one version.
func runtimeFile() (string, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env: %w", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "lib/wasm/wasm_exec.js"), nil
}
