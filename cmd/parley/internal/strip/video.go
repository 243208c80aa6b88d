package strip

import (
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"slices"
)

// maxBoxes bounds the boxes at the top of a video, maxMoov its index, maxHoles the pieces of
// other tracks among its pictures and sounds.
const (
	maxBoxes = 100_000
	maxMoov  = 64 << 20
	maxHoles = 200_000
)

// neededAtTop are the boxes at the top that playing needs: ISO/IEC 14496-12:2015, Table 1.
var neededAtTop = []string{"ftyp", "styp", "moov", "moof", "mdat", "sidx", "ssix", "mfra"}

// Video returns an MP4 or QuickTime file of size bytes that shows and sounds the same and
// tells nothing else, and how long it is: shorter by what stands behind its last box. Boxes
// that playing doesn't need (user data, metadata, uuid, and those that aren't known) are free
// boxes of zeros then, and so are tracks that are neither seen nor heard, with their samples;
// dates and names are zeros. Everything else stays where it is. ErrUnknown for what has no
// moov, or boxes that don't fit each other, or can't be read.
//
// What the encoder wrote into frames stays, and the other tracks of a file in fragments.
func Video(r io.ReaderAt, size int64) (io.Reader, int64, error) {
	top, err := topBoxes(r, size)
	if err != nil {
		return nil, 0, err
	}
	at := slices.IndexFunc(top, ofKind("moov"))
	if at < 0 || top[at].end-top[at].begin > maxMoov || slices.ContainsFunc(top[at+1:], ofKind("moov")) {
		return nil, 0, ErrUnknown
	}
	moov := top[at]
	data := make([]byte, moov.end-moov.begin)
	if n, err := r.ReadAt(data, moov.begin); n < len(data) {
		return nil, 0, errors.Join(ErrUnknown, err)
	}
	holes, ok := tidyIndex(data, slices.ContainsFunc(top, ofKind("moof")))
	if !ok || len(holes) > maxHoles {
		return nil, 0, ErrUnknown
	}
	end := top[len(top)-1].end
	return &patched{r: io.NewSectionReader(r, 0, end), patches: patchesOf(top, patch{moov.begin, moov.end, data}, holes)}, end, nil
}

// A box is a part of a file: its head is from begin to body.
type box struct {
	kind             string
	begin, body, end int64
}

func ofKind(kind string) func(box) bool { return func(b box) bool { return b.kind == kind } }

// topBoxes reads of which boxes a file consists. What is behind moov and mdat and isn't a box
// is left out.
func topBoxes(r io.ReaderAt, size int64) (top []box, err error) {
	for from := int64(0); from < size; {
		var head [16]byte
		n, err := r.ReadAt(head[:min(size-from, 16)], from)
		if n < int(min(size-from, 16)) {
			return nil, errors.Join(ErrUnknown, err)
		}
		b, ok := boxOf(head[:n], from, size)
		if !ok || len(top) == maxBoxes {
			if slices.ContainsFunc(top, ofKind("moov")) && slices.ContainsFunc(top, ofKind("mdat")) {
				return top, nil
			}
			return nil, ErrUnknown
		}
		top, from = append(top, b), b.end
	}
	if len(top) == 0 {
		return nil, ErrUnknown
	}
	return top, nil
}

// boxOf returns the box that begins at from with head, which is as much of 16 bytes as there
// is, and ends at or before to. One of pictures and sounds may be cut off there.
func boxOf(head []byte, from, to int64) (b box, ok bool) {
	if len(head) < 8 {
		return b, false
	}
	b = box{kind: string(head[4:8]), begin: from, body: from + 8}
	size := uint64(binary.BigEndian.Uint32(head))
	switch {
	case size == 0: // to the end
		size = uint64(to - from)
	case size == 1 && len(head) >= 16:
		size, b.body = binary.BigEndian.Uint64(head[8:]), from+16
	}
	if size > uint64(to-from) && b.kind == "mdat" {
		size = uint64(to - from)
	}
	if size > uint64(to-from) || size < uint64(b.body-from) || !isKind(b.kind) {
		return b, false
	}
	b.end = from + int64(size)
	return b, true
}

// isKind reports whether a type can be one: of printing characters, or one that Apple's begin with.
func isKind(kind string) bool {
	for _, c := range []byte(kind) {
		if c != 0xa9 && (c < ' ' || c > '~') {
			return false
		}
	}
	return true
}

// A patch says what is between two places of a file instead: nil for zeros.
type patch struct {
	from, to int64
	data     []byte
}

// patchesOf returns what changes in a file, in order: its index, boxes at the top that aren't
// needed, and the holes in what holds pictures and sounds, which are in order.
func patchesOf(top []box, moov patch, holes []span) []patch {
	out := []patch{moov}
	for _, b := range top {
		switch {
		case !slices.Contains(neededAtTop, b.kind):
			out = append(out, patch{b.begin + 4, b.begin + 8, []byte("free")}, patch{from: b.body, to: b.end})
		case b.kind == "mdat":
			first, _ := slices.BinarySearchFunc(holes, b.body, func(h span, at int64) int { return cmp.Compare(h.to, at+1) })
			for _, h := range holes[first:] {
				if h.from >= b.end {
					break
				}
				out = append(out, patch{from: max(h.from, b.body), to: min(h.to, b.end)})
			}
		}
	}
	slices.SortFunc(out, func(a, b patch) int { return cmp.Compare(a.from, b.from) })
	return out
}

// A patched reads a file with patches, which are in order and don't overlap.
type patched struct {
	r       io.Reader
	at      int64
	patches []patch
}

// Read implements [io.Reader].
func (p *patched) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	end := p.at + int64(n)
	for len(p.patches) > 0 && p.patches[0].from < end {
		first := p.patches[0]
		if from, to := max(first.from, p.at), min(first.to, end); from < to {
			part := b[from-p.at : to-p.at]
			if first.data == nil {
				clear(part)
			} else {
				copy(part, first.data[from-first.from:])
			}
		}
		if first.to > end {
			break
		}
		p.patches = p.patches[1:]
	}
	p.at = end
	return n, err
}
