package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"parley/desk/deskapi"
)

// printCounts writes counts as text: a block for each kind.
func (p *program) printCounts(t *deskapi.Transparency) error {
	var b strings.Builder
	fmt.Fprintf(&b, "from %s until %s\n", cmp.Or(t.From, "the beginning"), cmp.Or(t.Until, "the end"))
	fmt.Fprintf(&b, "audit lines\t%d\nhead\t%s\n", t.Lines, t.Head)
	for _, block := range []struct {
		name string
		of   map[string]int
	}{
		{"reports", t.Reports},
		{"decisions", t.Decisions},
		{"decisions by ground", t.ByGround},
		{"decisions by category and kind", t.Table},
		{"appeals", t.Appeals},
		{"lawful requests", t.Legal},
		{"looks", t.Looks},
	} {
		fmt.Fprintf(&b, "%s\n", block.name)
		for _, name := range slices.Sorted(maps.Keys(block.of)) {
			fmt.Fprintf(&b, "\t%s\t%d\n", name, block.of[name])
		}
	}
	fmt.Fprintf(&b, "median time to a decision\t%s\ndecisions without a person\t%d\n", time.Duration(t.MedianMS)*time.Millisecond, t.Automated)
	_, err := fmt.Fprint(p.stdout, b.String())
	return err
}
