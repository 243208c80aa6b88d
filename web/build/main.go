// Command build makes the browser client: the core as wasm, the page and its
// workers as bundles, their compressed forms, and the manifest by which a server
// knows them. It writes only below web/dist and, with -types, web/lib/core.ts
// and web/lib/desk.ts.
//
//	go run ./web/build           the whole page, into web/dist
//	go run ./web/build -nocheck  the same without the type check
//	go run ./web/build -quick    the same without compressing: for trying things out
//	go run ./web/build -types    the types that page and core, or page and desk, share, into web/lib
//	go run ./web/build -core F   the core alone, into the file F
//
// It needs Go, and Node with npm for the libraries and the type check; it calls
// npm ci where the libraries aren't those of the lock file. What hasn't changed
// isn't made again.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	var o options
	types := flag.Bool("types", false, "write web/lib/core.ts and web/lib/desk.ts, and nothing else")
	core := flag.String("core", "", "compile the core to this `file`, and nothing else")
	flag.BoolVar(&o.noCheck, "nocheck", false, "skip the type check")
	flag.BoolVar(&o.quick, "quick", false, "skip the type check, and compress nothing")
	flag.Parse()
	if err := run(*types, *core, o); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

// options are what a run leaves out.
type options struct{ noCheck, quick bool }

func run(types bool, core string, o options) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	if core != "" {
		if core, err = filepath.Abs(core); err != nil {
			return err
		}
	}
	if err := os.Chdir(root); err != nil {
		return err
	}
	switch {
	case types:
		return errors.Join(writeTypes(bridgeDir, typesFile), writeDeskTypes())
	case core != "":
		return writeCore(core)
	}
	if err := installLibraries(); err != nil {
		return err
	}
	checked := make(chan error, 1)
	go func() { checked <- checkTypes(o) }()
	built := make(chan error, 1)
	go func() { built <- build(o) }()
	if err := <-checked; err != nil {
		return err
	}
	return <-built
}

// build makes all files and then the manifest.
func build(o options) error {
	d, err := openDist(o)
	if err != nil {
		return err
	}
	wasm, err := compileCore()
	if err != nil {
		return err
	}
	if err := d.addHashed("core.wasm", wasm); err != nil {
		return err
	}
	for _, step := range []func(*dist) error{addModel, bundleWorker, bundleMediaWorker, bundlePage, copyStatic, writeIndex, bundleServiceWorker, bundleDesk} {
		if err := step(d); err != nil {
			return err
		}
	}
	return d.finish()
}

// moduleRoot returns the directory of go.mod.
func moduleRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env: %w", err)
	}
	file := strings.TrimSpace(string(out))
	if file == "" || file == os.DevNull {
		return "", fmt.Errorf("run it inside the module")
	}
	return filepath.Dir(file), nil
}
