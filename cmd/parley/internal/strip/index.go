package strip

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
)

// kept is what stays of an index, by what it lies in: what playing needs. ISO/IEC
// 14496-12:2015, Table 1; tapt is QuickTime's.
var kept = map[string][]string{
	"moov": strings.Fields("mvhd iods trak mvex"),
	"mvex": strings.Fields("mehd trex leva"),
	"trak": strings.Fields("tkhd tapt tref edts mdia"),
	"edts": strings.Fields("elst"),
	"mdia": strings.Fields("mdhd elng hdlr minf"),
	"minf": strings.Fields("vmhd smhd hdlr dinf stbl"),
	"dinf": strings.Fields("dref"),
	"stbl": strings.Fields("stsd stts ctts cslg stsc stsz stz2 stco co64 stss stsh stps padb stdp sdtp sbgp sgpd subs saiz saio senc"),
}

// An index is a moov in memory: places of its boxes are in it.
type index []byte

// tidyIndex makes moov tell no more than playing needs, in its place. It returns where in the
// file the samples lie of tracks that went: those that are neither seen nor heard, unless all
// have to stay. Not ok for what has none that is.
func tidyIndex(moov []byte, stay bool) (holes []span, ok bool) {
	x := index(moov)
	root, ok := boxOf(moov[:min(16, len(moov))], 0, int64(len(moov)))
	if !ok || root.end != int64(len(moov)) {
		return nil, false
	}
	var tracks, gone []box
	for _, track := range x.inside(root, "trak") {
		if kind := x.handler(track); stay || kind == "vide" || kind == "soun" {
			tracks = append(tracks, track)
		} else {
			gone = append(gone, track)
		}
	}
	for _, track := range gone {
		t := x.samples(track)
		holes = t.spans(holes)
		x.free(track)
	}
	for _, track := range tracks {
		if len(gone) > 0 { // it may say to which it belongs
			x.freeAll(x.inside(track, "tref"))
		}
		if x.handler(track) == "vide" {
			x.hushCoders(track)
		}
	}
	x.tidy(root)
	return merged(holes), len(tracks) > 0
}

// boxes returns the boxes in a box, and where they end: what is behind is none.
func (x index) boxes(in box) (all []box, end int64) {
	at := in.body
	for at < in.end {
		b, ok := boxOf(x[at:min(at+16, in.end)], at, in.end)
		if !ok {
			break
		}
		all, at = append(all, b), b.end
	}
	return all, at
}

// inside returns the boxes of a kind in a box, or farther in along a way.
func (x index) inside(in box, way ...string) []box {
	found := []box{in}
	for _, kind := range way {
		var next []box
		for _, b := range found {
			all, _ := x.boxes(b)
			next = append(next, slices.DeleteFunc(all, func(b box) bool { return b.kind != kind })...)
		}
		found = next
	}
	return found
}

// body returns what is in a box.
func (x index) body(b box) []byte { return x[b.body:b.end:b.end] }

// handler returns the type of a track, or "": Section 8.4.3.
func (x index) handler(track box) string {
	for _, b := range x.inside(track, "mdia", "hdlr") {
		if body := x.body(b); len(body) >= 12 {
			return string(body[8:12])
		}
	}
	return ""
}

// tidy clears what isn't kept in a box, and what tells something in what is.
func (x index) tidy(in box) {
	all, end := x.boxes(in)
	for _, b := range all {
		switch {
		case !slices.Contains(kept[in.kind], b.kind):
			x.free(b)
		case kept[b.kind] != nil:
			x.tidy(b)
		default:
			x.hush(b)
		}
	}
	clear(x[end:in.end])
}

// free makes a box a free one of zeros.
func (x index) free(b box) {
	copy(x[b.begin+4:], "free")
	clear(x.body(b))
}

func (x index) freeAll(all []box) {
	for _, b := range all {
		x.free(b)
	}
}

// hush makes zeros of what a box tells beside what plays: dates, and names of programs and files.
func (x index) hush(b box) {
	body := x.body(b)
	blank := func(from, to int) { clear(body[min(from, len(body)):min(to, len(body))]) }
	switch b.kind {
	case "mvhd", "tkhd", "mdhd": // Sections 8.2.2, 8.3.2, 8.4.2
		if bytes.HasPrefix(body, []byte{1}) {
			blank(4, 20)
		}
		blank(4, 12)
	case "hdlr": // Section 8.4.3: the name behind the type
		blank(12, len(body))
	case "dref": // Section 8.7.2: where the data is, if that isn't elsewhere
		for _, entry := range listed(body) {
			if len(entry) > 12 && entry[11]&1 != 0 {
				clear(entry[12:])
			}
		}
	}
}

// hushCoders makes zeros of the names of the programs that made a track's pictures: Section
// 12.1.3; the vendor is QuickTime's.
func (x index) hushCoders(track box) {
	for _, stsd := range x.inside(track, "mdia", "minf", "stbl", "stsd") {
		for _, entry := range listed(x.body(stsd)) {
			if len(entry) >= 86 {
				clear(entry[20:24])
				clear(entry[50:82])
			}
		}
	}
}

// listed returns the boxes of a list, which are behind version, flags and a count.
func listed(body []byte) (all [][]byte) {
	for rest := body[min(8, len(body)):]; len(rest) >= 8; {
		size := int64(binary.BigEndian.Uint32(rest))
		if size < 8 || size > int64(len(rest)) {
			break
		}
		all, rest = append(all, rest[:size:size]), rest[size:]
	}
	return all
}
