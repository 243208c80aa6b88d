package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
)

// A lock is what is read of npm's lock files: what each directory holds.
type lock struct {
	Packages map[string]struct {
		Version  string `json:"version"`
		Optional bool   `json:"optional"`
	} `json:"packages"`
}

// installLibraries calls npm ci, without any package's scripts, where
// web/node_modules isn't what the lock file says.
func installLibraries() error {
	fresh, err := librariesFresh("web/package-lock.json", "web/node_modules/.package-lock.json")
	if err != nil || fresh {
		return err
	}
	fmt.Fprintln(os.Stderr, "build: fetching the page's libraries (npm ci)")
	cmd := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir, cmd.Stdout, cmd.Stderr = "web", os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("npm ci: %w (Node with npm is needed)", err)
	}
	return nil
}

// librariesFresh reports whether what npm has installed is what a lock file wants.
// What is optional may be missing: it is for another machine.
func librariesFresh(wanted, installed string) (bool, error) {
	want, err := readLock(wanted)
	if err != nil {
		return false, err
	}
	have, err := readLock(installed)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for dir, p := range want.Packages {
		if got, ok := have.Packages[dir]; dir != "" && got.Version != p.Version && (ok || !p.Optional) {
			return false, nil
		}
	}
	return true, nil
}

func readLock(name string) (*lock, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	l := new(lock)
	if err := json.Unmarshal(data, l); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return l, nil
}

// checkTypes runs the TypeScript compiler, which writes nothing.
func checkTypes(o options) error {
	if o.noCheck || o.quick {
		return nil
	}
	cmd := exec.Command("web/node_modules/.bin/tsc", "--noEmit", "-p", "web")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the type check: %w", err)
	}
	return nil
}
