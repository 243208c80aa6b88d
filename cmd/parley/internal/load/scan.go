package load

import (
	"encoding/binary"

	"parley/wire"
)

// A scanner reads the deterministic CBOR of frames without decoding it.
type scanner struct {
	b   []byte
	bad bool
}

// Major types of CBOR (RFC 8949, Section 3.1).
const (
	majorUint  = 0
	majorBytes = 2
	majorText  = 3
	majorArray = 4
	majorMap   = 5
)

// head reads the head of an item: its major type and argument.
func (s *scanner) head() (major byte, arg uint64) {
	if len(s.b) == 0 {
		s.bad = true
		return 0, 0
	}
	first := s.b[0]
	s.b = s.b[1:]
	info := first & 0x1f
	if info < 24 {
		return first >> 5, uint64(info)
	}
	n := 1 << (info - 24)
	if info > 27 || len(s.b) < n {
		s.bad = true
		return 0, 0
	}
	var arg8 [8]byte
	copy(arg8[8-n:], s.b[:n])
	s.b = s.b[n:]
	return first >> 5, binary.BigEndian.Uint64(arg8[:])
}

// expect reads a head of a major type and returns its argument.
func (s *scanner) expect(major byte) uint64 {
	got, arg := s.head()
	s.bad = s.bad || got != major
	return arg
}

// take returns the next n bytes.
func (s *scanner) take(n uint64) []byte {
	if s.bad || n > uint64(len(s.b)) {
		s.bad, s.b = true, nil
		return nil
	}
	out := s.b[:n]
	s.b = s.b[n:]
	return out
}

// skip passes over one item.
func (s *scanner) skip() {
	for items := uint64(1); items > 0 && !s.bad; items-- {
		switch major, arg := s.head(); major {
		case majorBytes, majorText:
			s.take(arg)
		case majorArray:
			items += min(arg, 1<<32)
		case majorMap:
			items += 2 * min(arg, 1<<32)
		}
	}
}

// key reads a map's key.
func (s *scanner) key() []byte { return s.take(s.expect(majorText)) }

// A frame is what a frame of the server says.
type frame struct {
	n       uint64 // of the request; 0: a push
	refused *wire.Error
	pos     uint64 // of the last event, if there are any
}

// scanFrame reads a frame and calls message with the id of each envelope that has
// one: those of messages and commits. The id is valid only during the call.
func scanFrame(payload []byte, message func(id []byte)) (f frame, err error) {
	s := &scanner{b: payload}
	events := false
	for range s.expect(majorMap) {
		if s.bad {
			break
		}
		switch string(s.key()) {
		case "n":
			f.n = s.expect(majorUint)
		case "op":
			events = string(s.take(s.expect(majorText))) == string(wire.OpEvents)
		case "body":
			if events {
				f.pos = s.events(message)
			} else {
				s.skip()
			}
		case "error":
			var whole wire.Frame
			if err := wire.Unmarshal(payload, &whole); err != nil {
				return f, err
			}
			f.refused = whole.Error
			s.skip()
		default:
			s.skip()
		}
	}
	if s.bad {
		return f, errProtocol
	}
	return f, nil
}

// events reads a wire.ReadReply and returns the last position.
func (s *scanner) events(message func(id []byte)) (pos uint64) {
	for range s.expect(majorMap) {
		if s.bad {
			break
		}
		if string(s.key()) != "events" {
			s.skip()
			continue
		}
		for range s.expect(majorArray) {
			if s.bad {
				break
			}
			pos = s.event(message)
		}
	}
	return pos
}

func (s *scanner) event(message func(id []byte)) (pos uint64) {
	for range s.expect(majorMap) {
		if s.bad {
			break
		}
		switch string(s.key()) {
		case "pos":
			pos = s.expect(majorUint)
		case "envelope":
			s.envelope(message)
		default:
			s.skip()
		}
	}
	return pos
}

func (s *scanner) envelope(message func(id []byte)) {
	for range s.expect(majorMap) {
		if s.bad {
			break
		}
		if string(s.key()) != "id" {
			s.skip()
			continue
		}
		if id := s.take(s.expect(majorBytes)); len(id) == wire.IDSize {
			message(id)
		}
	}
}
