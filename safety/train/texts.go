package train

import (
	"embed"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"strings"

	"parley/safety"
)

//go:embed templates heldout everyday
var texts embed.FS

// wordsName is the file of a language that says what stands for a word in braces.
const wordsName = "words.txt"

// copies is how often a template with braces is learned from, filled differently, and plain how often
// one without.
const (
	copies = 10
	plain  = 3
)

// A text is one example.
type text struct {
	template int
	class    safety.Class // other for none
	language string
	literal  bool // its template has no braces
	features []uint32
	raw      string
}

// read returns the texts of a directory. Templates are filled several times where many is set;
// the same each time.
func read(dir string, many bool) ([]text, error) {
	files, err := fs.Glob(texts, dir+"/*/*.txt")
	if err != nil {
		return nil, err
	}
	var all []text
	template := 0
	for _, file := range files {
		class := safety.Class(strings.TrimSuffix(path.Base(file), ".txt"))
		if path.Base(file) == wordsName {
			continue
		}
		f, err := newFiller(path.Dir(file))
		if err != nil {
			return nil, err
		}
		lines, err := linesOf(file)
		if err != nil {
			return nil, err
		}
		for _, line := range lines {
			t := text{template: template, class: class, language: path.Base(path.Dir(file)), literal: !strings.Contains(line, "{")}
			n := 1
			if many {
				n = copies
				if t.literal {
					n = plain
				}
			}
			for range n {
				if t.raw, err = f.fill(line); err != nil {
					return nil, fmt.Errorf("%s: %w", file, err)
				}
				t.features = safety.Features(t.raw, bits)
				all = append(all, t)
			}
			template++
		}
	}
	return all, nil
}

// linesOf returns the lines of a file that say something.
func linesOf(file string) ([]string, error) {
	b, err := texts.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var lines []string
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// A filler fills the templates of one language.
type filler struct {
	words map[string][]string
	r     *rand.Rand
}

// maxFills bounds what is filled in one template: words whose choices lead back to themselves are a
// mistake.
const maxFills = 100

func newFiller(dir string) (*filler, error) {
	f := &filler{words: map[string][]string{}, r: rand.New(rand.NewPCG(1, 2))}
	if _, err := fs.Stat(texts, dir+"/"+wordsName); err != nil {
		return f, nil // texts without braces
	}
	lines, err := linesOf(dir + "/" + wordsName)
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		name, choices, ok := strings.Cut(line, "=")
		if !ok {
			return nil, fmt.Errorf("%s: %q is no word and its choices", dir, line)
		}
		for choice := range strings.SplitSeq(choices, "|") {
			name = strings.TrimSpace(name)
			f.words[name] = append(f.words[name], strings.TrimSpace(choice))
		}
	}
	return f, nil
}

// fill replaces {a|b} by one of what it offers and {word} by one of the word's choices, the innermost
// first.
func (f *filler) fill(line string) (string, error) {
	for range maxFills {
		end := strings.IndexByte(line, '}')
		if end < 0 {
			return line, nil
		}
		start := strings.LastIndexByte(line[:end], '{')
		if start < 0 {
			break
		}
		inner := line[start+1 : end]
		choices := strings.Split(inner, "|")
		if len(choices) == 1 {
			if choices = f.words[inner]; choices == nil {
				return "", fmt.Errorf("%q is no word", inner)
			}
		}
		line = line[:start] + choices[f.r.IntN(len(choices))] + line[end+1:]
	}
	return "", fmt.Errorf("%q can't be filled", line)
}
