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

// inlining is turned off where it isn't worth its bytes: a tenth of what is
// downloaded. Cryptography and what maps and memory are made of keep it.
var inlining = []string{
	"-gcflags=all=-l", "-gcflags=crypto/...=", "-gcflags=golang.org/x/crypto/...=", "-gcflags=internal/runtime/...=", "-gcflags=math/bits=",
}

// compileCore returns the core as wasm. The go command makes it again only where
// something has changed.
func compileCore() ([]byte, error) {
	dir, err := os.MkdirTemp("", "parley-build-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "core.wasm")
	args := append([]string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"}, inlining...)
	cmd := exec.Command("go", append(args, "-o", file, corePackage)...)
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("compiling the core: %w\n%s", err, stderr.Bytes())
	}
	wasm, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return joinSegments(wasm, func(segments []segment) {
		if !dropLines(segments) {
			fmt.Fprintln(os.Stderr, "build: the core keeps its tables of lines, which this version of Go writes in another way")
		}
	})
}

// writeCore compiles the core into a file.
func writeCore(name string) error {
	wasm, err := compileCore()
	if err != nil {
		return err
	}
	return os.WriteFile(name, wasm, 0o644)
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
