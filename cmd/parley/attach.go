package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	// The formats of photos.
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"

	_ "golang.org/x/image/webp"

	"parley/client"
	"parley/cmd/parley/internal/strip"
	"parley/content"
	"parley/identity"
)

// maxPhoto bounds what is sent as a photo, in bytes; what is larger goes as a file.
const maxPhoto = 64 << 20

// An attaching is what send is told of files.
type attaching struct {
	paths        []string
	caption, alt string
	once, asFile bool
}

func (a *attaching) flags(fs *flag.FlagSet) {
	fs.Func("attach", "", func(path string) error {
		if path == "" {
			return errors.New("empty")
		}
		a.paths = append(a.paths, path)
		return nil
	})
	fs.StringVar(&a.caption, "caption", "", "")
	fs.StringVar(&a.alt, "alt", "", "")
	fs.BoolVar(&a.once, "once", false, "")
	fs.BoolVar(&a.asFile, "as-file", false, "")
}

// attach sends files to a room, or to the conversation with names.
func (p *program) attach(ctx context.Context, a *attaching, room string, names []string) error {
	switch {
	case (room == "") == (len(names) == 0):
		return usagef("send --attach needs names or --room; what is said of the files is --caption")
	case len(a.paths) > content.MaxAttachments:
		return usagef("a message takes %d files", content.MaxAttachments)
	case len(a.paths) > 1 && (a.once || a.alt != ""):
		return usagef("--once and --alt are of one file")
	}
	if err := checkNames(names...); err != nil {
		return err
	}
	files, done, err := a.open()
	defer done()
	if err != nil {
		return err
	}
	o := client.Outgoing{Text: a.caption, ViewOnce: a.once}
	bar := p.bar("sending")
	defer bar.end()
	return p.withClient(ctx, func(c *client.Client) error {
		id, err := attachTo(ctx, c, room, func(r identity.Room) (client.MessageID, error) {
			if r == "" {
				return c.AttachTo(ctx, names, o, files, bar.show)
			}
			return c.Attach(ctx, r, o, files, bar.show)
		})
		if err == nil {
			err = c.Flush(ctx, id)
		}
		bar.end()
		return p.printID(id, err)
	})
}

// attachTo calls f with a room of the command line, or "" for none.
func attachTo(ctx context.Context, c *client.Client, room string, f func(identity.Room) (client.MessageID, error)) (client.MessageID, error) {
	if room == "" {
		return f("")
	}
	r, err := parseRoom(room, c.Account())
	if err != nil {
		return client.MessageID{}, err
	}
	return orAfterSync(ctx, c, func() (client.MessageID, error) { return f(r) })
}

// open opens the files, and says what is sent of each. done closes them, also after
// an error.
func (a *attaching) open() (files []client.File, done func(), err error) {
	var opened []io.Closer
	done = func() {
		for _, f := range opened {
			f.Close()
		}
	}
	for _, path := range a.paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, done, plainPath(err)
		}
		opened = append(opened, f)
		file, err := a.fileOf(f)
		if err != nil {
			return nil, done, err
		}
		files = append(files, file)
	}
	return files, done, nil
}

// homePath returns a path that may begin with ~/, for the person's home.
func (p *program) homePath(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, ok := p.lookup("HOME"); ok && home != "" {
			return filepath.Join(home, rest)
		}
	}
	return path
}

// plainPath returns what is wrong with a file, without its path's directories.
func plainPath(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%q: %w", filepath.Base(p.Path), p.Err)
	}
	return err
}

// fileOf says what is sent of a file.
func (a *attaching) fileOf(f *os.File) (client.File, error) {
	out := client.File{Data: f}
	info, err := f.Stat()
	if err != nil {
		return out, plainPath(err)
	}
	if !info.Mode().IsRegular() {
		return out, fmt.Errorf("%q is no file (not_a_file)", filepath.Base(f.Name()))
	}
	head := make([]byte, 512)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return out, plainPath(err)
	}
	out.Bytes, out.Name, out.Alt = info.Size(), content.CleanName(filepath.Base(f.Name())), a.alt
	out.Type = typeOf(f.Name(), head[:n])
	out.Role = content.RoleOf(out.Type)
	if a.asFile {
		out.Role = content.RoleFile
	}
	switch {
	case out.Role == content.RolePhoto:
		return photoOf(f, out)
	case out.Role == content.RoleVideo && out.Type != "video/webm":
		stripped, size, err := strip.Video(f, out.Bytes)
		if err != nil { // it isn't understood, and goes as it is
			out.Role = content.RoleFile
			break
		}
		out.Data, out.Bytes = stripped, size
	}
	return out, nil
}

// typeOf returns a file's media type: by what it begins with or, where that says
// little, by its name.
func typeOf(name string, head []byte) string {
	kind, _, _ := strings.Cut(http.DetectContentType(head), ";")
	if kind == "application/octet-stream" && len(head) >= 12 && string(head[4:12]) == "ftypqt  " {
		return "video/quicktime" // which DetectContentType doesn't know
	}
	if kind == "application/octet-stream" || kind == "text/plain" || kind == "application/zip" {
		if byName, _, err := mime.ParseMediaType(mime.TypeByExtension(filepath.Ext(name))); err == nil && content.RoleOf(byName) == content.RoleFile {
			return byName
		}
	}
	return kind
}

// photoOf reads a photo and takes from it what it says beside what it shows. What
// can't be read as one goes as a file.
func photoOf(f *os.File, out client.File) (client.File, error) {
	asFile := out
	asFile.Role = content.RoleFile
	if out.Bytes > maxPhoto {
		return asFile, nil
	}
	whole, err := io.ReadAll(io.NewSectionReader(f, 0, out.Bytes))
	if err != nil {
		return out, plainPath(err)
	}
	stripped, mediaType, err := strip.Picture(whole)
	if err != nil || mediaType != out.Type {
		return asFile, nil
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(stripped))
	if err != nil {
		return asFile, nil
	}
	out.Width, out.Height = uint32(size.Width), uint32(size.Height)
	if strip.Turned(stripped) {
		out.Width, out.Height = out.Height, out.Width
	}
	out.Sealed = out.Bytes // within what Check takes
	if out.Check() != nil && size.Width > 0 {
		out.Width, out.Height = 0, 0 // larger than pictures may be: then it isn't said how large
	}
	out.Data, out.Bytes, out.Sealed = bytes.NewReader(stripped), int64(len(stripped)), 0
	return out, nil
}
