//go:build !js

package idbstore

import (
	"testing"

	"parley/internal/browsertest"
)

// The tests of this package, in a real browser.
func TestInBrowser(t *testing.T) {
	browsertest.Run(t, browsertest.Program{
		Package: "parley/client/idbstore",
		Script:  `import { installStore } from "./web/lib/idb"; installStore();`,
	})
}
