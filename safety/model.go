package safety

import (
	"encoding/binary"
	"errors"
	"math"
	"strings"
)

// ErrModel is returned for what isn't a model.
var ErrModel = errors.New("safety: not a model")

// A Model is a linear one for each class over hashed n-grams. It is made by
// safety/train, and loaded apart from the program.
//
// Layout, integers big-endian: "PSM2", bits (1 byte: 8 to 16), number of classes (1), and for
// each class: length of its name (1), name, on (1 byte: 1 where it is shown), precision (4, a float: on
// texts held out when it was made), scale, bias and threshold (4 each, floats), and 2^bits
// weights (1 byte each, signed).
type Model struct {
	bits    int
	classes []class
}

type class struct {
	name                              Class
	on                                bool
	precision, scale, bias, threshold float32
	weights                           []int8
}

// A Class is what a message may look like. Values are for the screen's strings: append,
// never rename.
type Class string

// The classes.
const (
	Scam       Class = "scam"       // money, gifts, investments, stolen accounts
	Harassment Class = "harassment" // insults and threats
	Sextortion Class = "sextortion" // blackmail with pictures, or asking for them
)

const (
	minBits    = 8
	maxBits    = 16
	maxClasses = 8

	// ModelMagic is what a model begins with: another one where text is read in another way.
	ModelMagic = "PSM2"
	// MaxModel bounds a model, in bytes.
	MaxModel = 300 << 10
)

// ParseModel reads a model. It keeps nothing of data.
func ParseModel(data []byte) (*Model, error) {
	if len(data) > MaxModel || len(data) < 6 || string(data[:4]) != ModelMagic {
		return nil, ErrModel
	}
	m := &Model{bits: int(data[4])}
	n, rest := int(data[5]), data[6:]
	if m.bits < minBits || m.bits > maxBits || n > maxClasses {
		return nil, ErrModel
	}
	for range n {
		if len(rest) < 1 || len(rest) < 1+int(rest[0])+17+1<<m.bits {
			return nil, ErrModel
		}
		size := 1 + int(rest[0])
		c := class{name: Class(rest[1:size]), on: rest[size] == 1}
		rest = rest[size+1:]
		for _, to := range []*float32{&c.precision, &c.scale, &c.bias, &c.threshold} {
			*to = math.Float32frombits(binary.BigEndian.Uint32(rest))
			if math.IsNaN(float64(*to)) || math.IsInf(float64(*to), 0) {
				return nil, ErrModel
			}
			rest = rest[4:]
		}
		c.weights = make([]int8, 1<<m.bits)
		for i := range c.weights {
			c.weights[i] = int8(rest[i])
		}
		rest = rest[len(c.weights):]
		m.classes = append(m.classes, c)
	}
	if len(rest) > 0 {
		return nil, ErrModel
	}
	return m, nil
}

// Scores returns how much a text looks like each class, from 0 to 1, whether that is shown
// or not. An empty text looks like none.
func (m *Model) Scores(text string) map[Class]float64 { return m.scores(normal(text)) }

func (m *Model) scores(normal string) map[Class]float64 {
	sums, n := make([]int64, len(m.classes)), 0
	features(normal, m.bits, func(bucket uint32) {
		n++
		for i := range m.classes {
			sums[i] += int64(m.classes[i].weights[bucket])
		}
	})
	scores := make(map[Class]float64, len(sums))
	for i := range m.classes {
		c := &m.classes[i]
		if n == 0 {
			scores[c.name] = 0
			continue
		}
		x := float64(sums[i])*float64(c.scale)/math.Sqrt(float64(n)) + float64(c.bias)
		scores[c.name] = 1 / (1 + math.Exp(-x))
	}
	return scores
}

// Finds reports whether a text looks like class, whether that is shown or not.
func (m *Model) Finds(text string, class Class) bool {
	for i := range m.classes {
		if c := &m.classes[i]; c.name == class {
			return len(strings.Fields(normal(text))) >= minWords && m.Scores(text)[class] >= float64(c.threshold)
		}
	}
	return false
}

// minWords is how many words a text must have for the model to say anything of it.
const minWords = 4

// Looks returns the classes that a text looks like, of those that are shown: none of a text
// of few words.
func (m *Model) Looks(text string) []Class { return m.looks(normal(text)) }

func (m *Model) looks(normal string) []Class {
	if m == nil || len(strings.Fields(normal)) < minWords {
		return nil
	}
	var all []Class
	scores := m.scores(normal)
	for i := range m.classes {
		if c := &m.classes[i]; c.on && scores[c.name] >= float64(c.threshold) {
			all = append(all, c.name)
		}
	}
	return all
}
