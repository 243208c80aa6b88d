//go:build !js

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "parleywasm: it runs in a browser: go run ./web/build compiles it")
	os.Exit(2)
}
