// Package web embeds the browser client as go run ./web/build has made it.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files returns the built files, with the manifest.json that describes them. It
// holds nothing but .keep where the client wasn't built.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("web: " + err.Error()) // the name is ours
	}
	return files
}
