package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// modelName is the file by which devices find what messages look like: safety.Model.
const modelName = "safety.bin"

// addModel makes the model, which the page loads after everything else.
func addModel(d *dist) error {
	dir, err := os.MkdirTemp("", "parley-model")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, modelName)
	if out, err := exec.Command("go", "run", "./safety/train/make", path).CombinedOutput(); err != nil {
		return fmt.Errorf("the model: %w: %s", err, out)
	}
	model, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return d.addHashed(modelName, model)
}
