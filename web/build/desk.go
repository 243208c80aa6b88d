package main

import (
	"crypto/sha512"
	"encoding/base64"
	"os"
	"path"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// The safety desk's page: where its source is, and where it goes below dist. It is
// no part of the user's page, and in no manifest: parley desk serve hands out the
// files of the directory.
const (
	deskSource = "web/desk"
	deskOut    = "desk"
)

// bundleDesk makes the safety desk's page.
func bundleDesk(d *dist) error {
	o, err := base()
	if err != nil {
		return err
	}
	o.EntryPoints, o.Format, o.Splitting = []string{deskSource + "/main.tsx"}, api.FormatESModule, true
	o.EntryNames, o.ChunkNames, o.AssetNames = "[name]-[hash]", "[name]-[hash]", "[name]-[hash]"
	out, err := bundle(o)
	if err != nil {
		return err
	}
	icon, err := os.ReadFile("web/app/icons/icon.svg")
	if err != nil {
		return err
	}
	files := map[string]file{"icon.svg": {Path: "icon.svg"}}
	if _, err := d.writeForms(path.Join(deskOut, "icon.svg"), icon, false); err != nil {
		return err
	}
	for _, f := range out {
		name := path.Base(filepath.ToSlash(f.Path))
		sum := sha512.Sum384(f.Contents)
		files[logical(name, files)] = file{Path: name, Integrity: "sha384-" + base64.StdEncoding.EncodeToString(sum[:])}
		if _, err := d.writeForms(path.Join(deskOut, name), f.Contents, true); err != nil {
			return err
		}
	}
	html, err := named(deskSource+"/index.html", files)
	if err != nil {
		return err
	}
	_, err = d.writeForms(path.Join(deskOut, "index.html"), html, false)
	return err
}
