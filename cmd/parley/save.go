package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"parley/client"
	"parley/content"
)

var saveCommand = command{
	name: "save", usage: "save ID [N] [--to DIR]",
	summary: "Save the files of a message, or the N-th, and print where each is.",
	more: `
A file is checked whole before it has its name. The name is the sender's, without
what misleads; nothing that is there is replaced. DIR is the working directory
unless it is given. What is to be looked at once can't be saved: see parley open.`,
	run: runSave,
}

var (
	errNoAttachment = errors.New("this message has no such file (no_attachment)")
	errWithheld     = errors.New("the sender isn't accepted yet: files of strangers aren't fetched (not_accepted)")
	errOnce         = errors.New("this can be looked at once, and not be saved: see parley open (view_once)")
	errOpened       = errors.New("this could be looked at once, and was (opened)")
)

func runSave(ctx context.Context, p *program, args []string) error {
	fs := newFlags("save")
	dir := fs.String("to", ".", "")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	which, err := parseAttachment(rest)
	if err != nil {
		return err
	}
	return p.withClient(ctx, func(c *client.Client) error {
		all, err := which.of(ctx, c)
		if err != nil {
			return err
		}
		if all.once {
			return errOnce
		}
		for _, n := range all.numbers {
			path, err := p.saveOne(ctx, c, which.id, n, &all.attachments[n], *dir)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintln(p.stdout, path); err != nil {
				return err
			}
		}
		return nil
	})
}

// An attachmentRef names the attachments of a message, or one.
type attachmentRef struct {
	id client.MessageID
	n  int // from 1; 0: all
}

func parseAttachment(args []string) (ref attachmentRef, err error) {
	if len(args) == 0 || len(args) > 2 {
		return ref, usagef("the id of a message is needed, and perhaps which of its files")
	}
	if ref.id, err = parseMessage(args[0]); err != nil {
		return ref, err
	}
	if len(args) == 2 {
		if ref.n, err = strconv.Atoi(args[1]); err != nil || ref.n < 1 {
			return ref, usagef("which file is a number from 1")
		}
	}
	return ref, nil
}

// attachments are those of a message.
type attachments struct {
	attachments []client.Attachment
	numbers     []int // those that were asked for, from 0
	once        bool
}

// of returns what a reference names. A message that isn't known may have come since
// the last synchronisation.
func (r attachmentRef) of(ctx context.Context, c *client.Client) (*attachments, error) {
	v, err := c.Lookup(ctx, r.id)
	if errors.Is(err, client.ErrUnknownMessage) {
		if err := c.Sync(ctx); err != nil {
			return nil, err
		}
		v, err = c.Lookup(ctx, r.id)
	}
	switch {
	case err != nil:
		return nil, err
	case v.Media == nil || v.Unsent:
		return nil, errNoAttachment
	case v.Media.Withheld:
		return nil, errWithheld
	case v.Media.Opened:
		return nil, errOpened
	case r.n > len(v.Media.Attachments) || len(v.Media.Attachments) == 0:
		return nil, errNoAttachment
	}
	out := &attachments{attachments: v.Media.Attachments, once: v.Media.ViewOnce}
	for n := range out.attachments {
		if r.n == 0 || r.n == n+1 {
			out.numbers = append(out.numbers, n)
		}
	}
	return out, nil
}

// saveOne fetches an attachment into a directory, and returns its path there.
func (p *program) saveOne(ctx context.Context, c *client.Client, id client.MessageID, n int, a *client.Attachment, dir string) (string, error) {
	part, err := os.CreateTemp(dir, ".parley-*.part")
	if err != nil {
		return "", plainPath(err)
	}
	defer os.Remove(part.Name())
	defer part.Close()
	bar := p.bar("saving")
	defer bar.end()
	if _, err := c.Fetch(ctx, id, n, &counted{w: part, bar: bar, of: a.Size}); err != nil {
		return "", err
	}
	if err := errors.Join(part.Sync(), part.Close()); err != nil {
		return "", err
	}
	return place(part.Name(), dir, fileName(a))
}

// maxPlaces is how many files of one name there may be.
const maxPlaces = 1000

// place gives a file in dir its name, or the name with a number where there is
// something already, and returns its path.
func place(part, dir, name string) (string, error) {
	ext := filepath.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	for i := range maxPlaces {
		end := ext
		if i > 0 {
			end = fmt.Sprintf(" (%d)%s", i+1, ext)
		}
		path := filepath.Join(dir, named(stem, end))
		free, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err != nil {
			return "", plainPath(err)
		}
		free.Close()
		return path, os.Rename(part, path)
	}
	return "", errors.New("there are too many files of this name (name_taken)")
}

// named returns the file name of stem and end, of which stem is cut to what a file
// system takes.
func named(stem, end string) string {
	if room := max(content.MaxFileName-len(end), 0); len(stem) > room {
		for room > 0 && !utf8.RuneStart(stem[room]) {
			room--
		}
		stem = stem[:room]
	}
	return stem + end
}

// extensions are those of the media types that are shown: the first is given to
// files that have none of them.
var extensions = map[string][]string{
	"image/jpeg": {".jpg", ".jpeg"}, "image/png": {".png"}, "image/gif": {".gif"}, "image/webp": {".webp"},
	"video/mp4": {".mp4", ".m4v"}, "video/webm": {".webm"}, "video/quicktime": {".mov"},
	"audio/webm": {".weba", ".webm"}, "audio/ogg": {".ogg", ".oga", ".opus"}, "audio/mp4": {".m4a"}, "audio/mpeg": {".mp3"},
	"audio/aac": {".aac"}, "audio/wav": {".wav"}, "application/pdf": {".pdf"}, "text/plain": {".txt"},
}

// fileName returns the name under which an attachment is kept: a bare one, that no
// program takes for a flag or hides, and of what is shown with the extension of its
// type, whatever its sender calls it.
func fileName(a *client.Attachment) string {
	name := strings.TrimLeft(content.CleanName(filepath.Base(a.Name)), ".- ")
	if a.Role != content.RoleFile {
		name = withExtension(name, a.Type)
	}
	if strings.TrimSuffix(name, filepath.Ext(name)) == "" {
		word := map[content.Role]string{content.RolePhoto: "photo", content.RoleVideo: "video", content.RoleVoice: "voice"}[a.Role]
		if word == "" {
			word = "file"
		}
		name = word + filepath.Ext(name)
	}
	return name
}

// withExtension returns name with an extension that belongs to a type.
func withExtension(name, mediaType string) string {
	known := extensions[mediaType]
	ext := filepath.Ext(name)
	if len(known) == 0 || slices.Contains(known, strings.ToLower(ext)) {
		return name
	}
	return strings.TrimSuffix(name, ext) + known[0]
}

// An attachmentLine is an attachment as read prints it.
type attachmentLine struct {
	Role string `json:"role"`
	Type string `json:"type"`
	Name string `json:"name"`
	Size int64  `json:"size"`
	Alt  string `json:"alt,omitempty"`
}

func attachmentLineOf(a *client.Attachment) attachmentLine {
	return attachmentLine{Role: roleWord(a.Role), Type: a.Type, Name: a.Name, Size: a.Size, Alt: a.Alt}
}

func roleWord(r content.Role) string {
	switch r {
	case content.RolePhoto:
		return "photo"
	case content.RoleVideo:
		return "video"
	case content.RoleVoice:
		return "voice"
	}
	return "file"
}
