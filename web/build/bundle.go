package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// base are the settings that all bundles share.
func base() (api.BuildOptions, error) {
	runtime, err := runtimeFile()
	return api.BuildOptions{
		Bundle: true, MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
		Target: api.ES2022, Charset: api.CharsetUTF8, LegalComments: api.LegalCommentsNone,
		JSX: api.JSXAutomatic, JSXImportSource: "preact",
		Alias:         map[string]string{"react": "preact/compat", "react-dom": "preact/compat", "react/jsx-runtime": "preact/jsx-runtime"},
		NodePaths:     []string{"web/node_modules"}, // for the aliases, which are found from the module's root
		AbsWorkingDir: "", Outdir: distDir, LogLevel: api.LogLevelWarning, Tsconfig: "web/tsconfig.json",
		Plugins: []api.Plugin{provide("parley:wasm_exec", runtime)},
		Define:  map[string]string{"process.env.NODE_ENV": `"production"`},
		Loader:  map[string]api.Loader{".svg": api.LoaderDataURL}, // stickers
	}, err
}

// provide makes a file importable by a name of ours.
func provide(name, file string) api.Plugin {
	return api.Plugin{Name: name, Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: "^" + name + "$"}, func(api.OnResolveArgs) (api.OnResolveResult, error) {
			return api.OnResolveResult{Path: file}, nil
		})
	}}
}

// bundle runs one bundling and returns what it made.
func bundle(o api.BuildOptions) ([]api.OutputFile, error) {
	result := api.Build(o)
	if n := len(result.Errors); n > 0 {
		return nil, fmt.Errorf("bundling %s: %d errors", o.EntryPoints, n)
	}
	return result.OutputFiles, nil
}

// single bundles a script of one file.
func single(entry string, define map[string]string) ([]byte, error) {
	o, err := base()
	if err != nil {
		return nil, err
	}
	o.EntryPoints, o.Format = []string{entry}, api.FormatIIFE
	for name, value := range define {
		o.Define[name] = strconv.Quote(value)
	}
	out, err := bundle(o)
	if err != nil {
		return nil, err
	}
	return out[0].Contents, nil
}

// bundleWorker makes the worker that runs the core.
func bundleWorker(d *dist) error {
	script, err := single("web/lib/worker.ts", map[string]string{"PARLEY_WASM": d.url("core.wasm")})
	if err != nil {
		return err
	}
	return d.addHashed("worker.js", script)
}

// bundleMediaWorker makes the worker that seals and opens attachments.
func bundleMediaWorker(d *dist) error {
	script, err := single("web/lib/media/worker.ts", nil)
	if err != nil {
		return err
	}
	return d.addHashed("media.js", script)
}

// bundlePage makes the page's script, with what it loads later, and its style.
func bundlePage(d *dist) error {
	o, err := base()
	if err != nil {
		return err
	}
	o.EntryPoints, o.Format, o.Splitting = []string{"web/app/main.tsx"}, api.FormatESModule, true
	o.EntryNames, o.ChunkNames, o.AssetNames = "[name]-[hash]", "[name]-[hash]", "[name]-[hash]"
	o.Define["PARLEY_WORKER"] = strconv.Quote(d.url("worker.js"))
	o.Define["PARLEY_MEDIA"] = strconv.Quote(d.url("media.js"))
	o.Define["PARLEY_WASM"] = strconv.Quote(d.url("core.wasm"))
	o.Define["PARLEY_MODEL"] = strconv.Quote(d.url(modelName))
	out, err := bundle(o)
	if err != nil {
		return err
	}
	for _, f := range out {
		name := path.Base(filepath.ToSlash(f.Path))
		if err := d.add(logical(name, d.files), name, f.Contents); err != nil {
			return err
		}
	}
	return nil
}

// logical returns the name that a file's hash is added to. Of several chunks with
// one name each keeps its hash.
func logical(name string, taken map[string]file) string {
	ext := path.Ext(name)
	stem, hash, _ := cutLast(strings.TrimSuffix(name, ext), "-")
	if _, ok := taken[stem+ext]; ok || stem == "chunk" {
		return stem + "." + hash + ext
	}
	return stem + ext
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// url returns where the server serves a file.
func (d *dist) url(name string) string { return "/" + d.files[name].Path }

// statics are the files of web/app that are served as they are, under the same
// names.
var statics = []string{"manifest.webmanifest", "icons/*.png", "icons/*.svg"}

func copyStatic(d *dist) error {
	app := os.DirFS("web/app")
	for _, pattern := range statics {
		names, err := fs.Glob(app, pattern)
		if err != nil {
			return err
		}
		for _, name := range names {
			data, err := fs.ReadFile(app, name)
			if err != nil {
				return err
			}
			if err := d.add(name, name, data); err != nil {
				return err
			}
		}
	}
	return nil
}

// indexFile is the page, with the logical names of its files.
const indexFile = "web/app/index.html"

// reference is an attribute of the page that names a file.
var reference = regexp.MustCompile(`(src|href)="/?([^":]+)"`)

// writeIndex makes the page.
func writeIndex(d *dist) error {
	html, err := named(indexFile, d.files)
	if err != nil {
		return err
	}
	return d.add("index.html", "index.html", html)
}

// named reads a page and puts the real names of its files into it, from the root,
// with the integrity of script and style.
func named(page string, files map[string]file) ([]byte, error) {
	html, err := os.ReadFile(page)
	if err != nil {
		return nil, err
	}
	var missing []string
	text := reference.ReplaceAllStringFunc(string(html), func(ref string) string {
		m := reference.FindStringSubmatch(ref)
		f, ok := files[m[2]]
		if !ok {
			missing = append(missing, m[2])
			return ref
		}
		out := fmt.Sprintf(`%s="/%s"`, m[1], f.Path)
		if ext := path.Ext(f.Path); ext == ".js" || ext == ".css" {
			out += fmt.Sprintf(` integrity="%s"`, f.Integrity)
		}
		return out
	})
	if len(missing) > 0 {
		return nil, fmt.Errorf("%s names files that the build doesn't make: %s", page, strings.Join(missing, ", "))
	}
	return []byte(text), nil
}

// bundleServiceWorker makes sw.js, which knows every file of the page: one that
// changes makes another service worker.
func bundleServiceWorker(d *dist) error {
	sum := sha256.New()
	var shell []string
	for _, name := range slices.Sorted(maps.Keys(d.files)) {
		shell = append(shell, "/"+d.files[name].Path)
		fmt.Fprintln(sum, name, d.files[name].Integrity)
	}
	script, err := single("web/sw/sw.ts", map[string]string{
		"PARLEY_WASM": d.url("core.wasm"), "PARLEY_SHELL": strings.Join(shell, " "), "PARLEY_BUILD": hex.EncodeToString(sum.Sum(nil)[:8]),
	})
	if err != nil {
		return err
	}
	return d.add("sw.js", "sw.js", script)
}
