// Package train makes the model of package safety from texts that we wrote. None was written by
// anybody to anybody: what the figures say of real messages isn't known, and "synthetic
// only" stands beside each of them.
//
// Texts to learn from are in templates, a line each, with choices in braces; those to judge by are in
// heldout, written apart. Each is in LANGUAGE/CLASS.txt; "other" is no class.
package train

import (
	"encoding/binary"
	"fmt"
	"math"

	"parley/safety"
)

// A class is shown only if it has these on held-out texts; else it is shipped off.
const (
	Shown  = 0.9  // precision, at least
	Enough = 30   // found, at least, for that to say anything
	Alarms = 0.01 // of the texts of no class, at most
)

// classes are those that are learned.
var classes = []safety.Class{safety.Scam, safety.Harassment, safety.Sextortion}

// Figures are those of one class on held-out texts: synthetic only.
type Figures struct {
	Class        safety.Class
	Found, Right int // texts that it was found in, and how many of these are of the class
	Of           int // texts of the class
	Alarms       int // texts of no class that it was found in
	Ordinary     int // texts of no class
}

// Precision is the share of what was found that is of the class, 0 where nothing was found.
func (f Figures) Precision() float64 { return float64(f.Right) / float64(max(f.Found, 1)) }

// Recall is the share of the class that was found.
func (f Figures) Recall() float64 { return float64(f.Right) / float64(max(f.Of, 1)) }

// On reports whether a class may be shown.
func (f Figures) On() bool {
	return f.Precision() >= Shown && f.Found >= Enough && float64(f.Alarms) <= Alarms*float64(f.Ordinary)
}

func (f Figures) String() string {
	low, high := interval(f.Right, f.Found)
	worst := 0.0
	if f.Ordinary > 0 {
		_, worst = interval(f.Alarms, f.Ordinary)
	}
	return fmt.Sprintf("%s: precision %.2f (95%%: %.2f to %.2f; %d of %d found), recall %.2f (of %d), alarms on ordinary texts %d of %d (95%%: up to %.1f%%), shown: %v (synthetic only)",
		f.Class, f.Precision(), low, high, f.Right, f.Found, f.Recall(), f.Of, f.Alarms, f.Ordinary, 100*worst, f.On())
}

// interval is Wilson's, of 95 %, for k of n.
func interval(k, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.96
	p, m := float64(k)/float64(n), float64(n)
	middle, half := p+z*z/(2*m), z*math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return (middle - half) / (1 + z*z/m), (middle + half) / (1 + z*z/m)
}

// count judges what finds a class by texts.
func count(class safety.Class, texts []text, finds func(text string) bool) Figures {
	f := Figures{Class: class}
	for _, t := range texts {
		found := finds(t.raw)
		switch t.class {
		case class:
			f.Of++
			if found {
				f.Right++
			}
		case other:
			f.Ordinary++
			if found {
				f.Alarms++
			}
		}
		if found {
			f.Found++
		}
	}
	return f
}

// Model learns, judges, and returns the model as [safety.ParseModel] reads it, with its
// figures. It takes some seconds, and gives the same each time.
func Model() ([]byte, []Figures, error) {
	all, err := read("templates", true)
	if err != nil {
		return nil, nil, err
	}
	held, err := heldOut(all)
	if err != nil {
		return nil, nil, err
	}
	model := head(len(classes))
	var figures []Figures
	for _, class := range classes {
		l, at := learn(all, class), threshold(unseen(all, class), class)
		one := encode(nil, class, l, at, Figures{})
		f, err := judge(one, class, held)
		if err != nil {
			return nil, nil, err
		}
		model = encode(model, class, l, at, f)
		figures = append(figures, f)
	}
	return model, figures, nil
}

// heldOut returns the texts to judge by, without those that are like one that was learned from.
func heldOut(known []text) ([]text, error) {
	held, err := read("heldout", false)
	return apart(held, known), err
}

// judge counts what a class finds in held-out texts, as a device would find it.
func judge(encoded []byte, class safety.Class, held []text) (Figures, error) {
	m, err := safety.ParseModel(append(head(1), encoded...))
	if err != nil {
		return Figures{}, err
	}
	return count(class, held, func(text string) bool { return m.Finds(text, class) }), nil
}

// head is what a model of n classes begins with.
func head(n int) []byte { return append([]byte(safety.ModelMagic), bits, byte(n)) }

// encode appends a class in the model's form.
func encode(b []byte, class safety.Class, l *linear, at float64, f Figures) []byte {
	top := 1e-9
	for _, w := range l.weights {
		top = max(top, math.Abs(w))
	}
	b = append(append(b, byte(len(class))), class...)
	on := byte(0)
	if f.On() {
		on = 1
	}
	b = append(b, on)
	for _, x := range []float64{f.Precision(), top / 127, l.bias, at} {
		b = binary.BigEndian.AppendUint32(b, math.Float32bits(float32(x)))
	}
	for _, w := range l.weights {
		b = append(b, byte(int8(math.Round(w/top*127))))
	}
	return b
}
