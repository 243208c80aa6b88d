// Command build makes the browser client from its sources; it writes only below
// web/dist and, with -types, web/lib/core.ts. Run it from the module root:
//
//	go run ./web/build          the whole page, into web/dist
//	go run ./web/build -types   the types that page and core share, into web/lib/core.ts
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	types := flag.Bool("types", false, "write web/lib/core.ts from package bridge, and nothing else")
	flag.Parse()
	if err := run(*types); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

func run(types bool) error {
	if types {
		return writeTypes(bridgeDir, typesFile)
	}
	return nil
}
