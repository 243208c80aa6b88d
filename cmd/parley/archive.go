package main

import (
	"archive/tar"
	"bufio"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// An archive is a tar of a backup's files, without directories:
//
//	parley-backup      "1\n"
//	NAME …             the files, in any order, each name once
//	SHA256SUMS         a line "HEX  NAME\n" for each of the above, in their order
//
// What doesn't end with right sums of all that is before is not an archive.
const (
	archiveMark   = "parley-backup"
	archiveFormat = "1\n"
	archiveSums   = "SHA256SUMS"

	maxArchiveFiles = 1 << 20
	maxArchiveName  = 200 // bytes
)

// errArchive is wrapped with what is wrong with an archive.
var errArchive = errors.New("not a whole backup of parley")

func badArchive(format string, args ...any) error {
	return fmt.Errorf("%w: %s (bad_backup)", errArchive, fmt.Sprintf(format, args...))
}

// writeArchive writes the files of dir.
func writeArchive(w io.Writer, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	a := &archiveWriter{tar: tar.NewWriter(w)}
	if err := a.add(archiveMark, int64(len(archiveFormat)), strings.NewReader(archiveFormat)); err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || e.Name() == "LOCK" {
			continue
		}
		if err := a.addFile(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	sums := a.sums.String()
	if err := a.add(archiveSums, int64(len(sums)), strings.NewReader(sums)); err != nil {
		return err
	}
	return a.tar.Close()
}

// An archiveWriter collects the sums of what it writes.
type archiveWriter struct {
	tar  *tar.Writer
	sums strings.Builder
}

func (a *archiveWriter) addFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return a.add(info.Name(), info.Size(), f)
}

func (a *archiveWriter) add(name string, size int64, r io.Reader) error {
	h := tar.Header{Name: name, Size: size, Mode: 0o600, ModTime: time.Unix(0, 0), Typeflag: tar.TypeReg, Format: tar.FormatPAX}
	if err := a.tar.WriteHeader(&h); err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(a.tar, sum), r, size); err != nil {
		return err
	}
	fmt.Fprintf(&a.sums, "%x  %s\n", sum.Sum(nil), name)
	return nil
}

// readArchive reads an archive to its end and checks it. It calls put for each
// file; nothing may be used before readArchive returns nil. The error wraps
// errArchive unless it is of put.
func readArchive(r io.Reader, put func(name string, size int64, content io.Reader) error) error {
	in := tar.NewReader(bufio.NewReaderSize(r, 1<<20))
	var sums strings.Builder
	names := map[string]bool{}
	for {
		h, err := in.Next()
		if err != nil {
			return badArchive("it ends before its sums")
		}
		if h.Name == archiveSums {
			break
		}
		if err := checkEntry(h, names); err != nil {
			return err
		}
		names[h.Name] = true
		sum := sha256.New()
		content := &brokenOff{Reader: io.TeeReader(in, sum)}
		if err := readEntry(h, content, put); err != nil && content.err == nil {
			return err
		}
		if _, err := io.Copy(io.Discard, content); err != nil || content.err != nil {
			return badArchive("%s is cut off", h.Name)
		}
		fmt.Fprintf(&sums, "%s  %s\n", hex.EncodeToString(sum.Sum(nil)), h.Name)
	}
	want := sums.String()
	got, err := io.ReadAll(io.LimitReader(in, int64(len(want))+1))
	if err != nil || subtle.ConstantTimeCompare(got, []byte(want)) != 1 {
		return badArchive("its sums are not those of its files: it was damaged or changed")
	}
	if _, err := in.Next(); err != io.EOF {
		return badArchive("something stands behind its end")
	}
	return nil
}

// A brokenOff reader keeps the error that ended it, if it was one.
type brokenOff struct {
	io.Reader
	err error
}

// Read implements io.Reader.
func (b *brokenOff) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

// checkEntry refuses names that could leave the directory, and whatever is not a
// file.
func checkEntry(h *tar.Header, before map[string]bool) error {
	switch {
	case h.Typeflag != tar.TypeReg:
		return badArchive("it holds something that is not a file")
	case h.Name == "" || len(h.Name) > maxArchiveName || strings.HasPrefix(h.Name, ".") || strings.ContainsAny(h.Name, "/\\\x00\n"):
		return badArchive("it holds a file with a wrong name")
	case (len(before) == 0) != (h.Name == archiveMark):
		return badArchive("it doesn't begin as one")
	case before[h.Name]:
		return badArchive("it holds a file twice")
	case len(before) >= maxArchiveFiles:
		return badArchive("it holds too many files")
	}
	return nil
}

func readEntry(h *tar.Header, content io.Reader, put func(string, int64, io.Reader) error) error {
	if h.Name != archiveMark {
		return put(h.Name, h.Size, content)
	}
	format, err := io.ReadAll(io.LimitReader(content, 16))
	if err != nil || string(format) != archiveFormat {
		return badArchive("its format is of a newer parley")
	}
	return nil
}
