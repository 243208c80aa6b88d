package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// The tables by which Go's runtime finds what a place in the program is (go 1.26,
// runtime/symtab.go and runtime2.go: pcHeader, functab, _func).
const (
	tablesMagic  = "\xf1\xff\xff\xff\x00\x00\x01\x08" // their version, unit and size of a pointer
	headerWords  = 8                                  // 64 bits each: see the fields of tables
	funcEntry    = 8                                  // bytes of one entry of the table of functions
	funcSize     = 44                                 // bytes of a function's record, before its lists
	funcStack    = 16                                 // in it: where its table of stack sizes is, 32 bits
	funcFile     = 20                                 // where that of its files is; that of its lines follows
	funcCounts   = 28                                 // how many other tables it has; where they are follows the record
	funcLine     = 36                                 // the line that it begins at
	maxFuncTable = 64                                 // more tables a function doesn't have
)

// tables are the places of those tables in memory.
type tables struct {
	data             []byte // from the header on
	functions        int
	values, valuesTo int // what the tables of single functions are in
	index            int // the table of functions
	cut              [2]int
}

// dropLines blanks in what memory begins with of which line and file each place in
// the program is: another fourteenth of what is downloaded. The trace of a crash then
// has the names of functions without lines. It reports whether it has done so: what
// isn't as this version of Go writes it is left as it is.
func dropLines(segments []segment) bool {
	for i := range segments {
		t, ok := findTables(segments[i].data)
		if !ok {
			continue
		}
		blanked := bytes.Clone(segments[i].data)
		t.data = blanked[len(blanked)-len(t.data):]
		if t.blank() == nil {
			segments[i].data = blanked
			return true
		}
	}
	return false
}

// findTables finds the tables, by their header.
func findTables(memory []byte) (t tables, ok bool) {
	at := bytes.Index(memory, []byte(tablesMagic))
	if at < 0 || len(memory)-at < 8+8*headerWords {
		return t, false
	}
	t.data = memory[at:]
	var words [headerWords]int
	for i := range words {
		n := binary.LittleEndian.Uint64(t.data[8+8*i:])
		if n > uint64(len(t.data)) {
			return t, false
		}
		words[i] = int(n)
	}
	t.functions = words[0] // then: files, start of the text, names of functions
	units, files := words[4], words[5]
	t.values, t.valuesTo, t.index = words[6], words[7], words[7]
	t.cut = [2]int{units, t.values}
	inOrder := words[3] <= units && units <= files && files <= t.values && t.values < t.index
	return t, inOrder && t.functions > 0 && t.functions < (len(t.data)-t.index)/funcEntry
}

// blank blanks the tables of lines and files. Those of single functions may be the
// same as others that are needed: these stay.
func (t *tables) blank() error {
	needed := make([]bool, t.valuesTo-t.values)
	needed[0] = true // no table begins there
	for i := range t.functions {
		entry := t.data[t.index+i*funcEntry:]
		at := t.index + int(binary.LittleEndian.Uint32(entry[4:]))
		if at+funcSize > len(t.data) || !bytes.Equal(t.data[at:at+4], entry[:4]) {
			return fmt.Errorf("%w: function %d", errWasm, i)
		}
		f := t.data[at:]
		n := int(binary.LittleEndian.Uint32(f[funcCounts:]))
		if n > maxFuncTable || funcSize+4*n > len(f) {
			return fmt.Errorf("%w: tables of function %d", errWasm, i)
		}
		if err := t.need(needed, f[funcStack:]); err != nil {
			return err
		}
		for k := range n {
			if err := t.need(needed, f[funcSize+4*k:]); err != nil {
				return err
			}
		}
		clear(f[funcFile : funcFile+8])
		clear(f[funcLine : funcLine+4])
	}
	for i, stays := range needed {
		if !stays {
			t.data[t.values+i] = 0
		}
	}
	clear(t.data[t.cut[0]:t.cut[1]]) // the names of files
	return nil
}

// need marks the table that a field of a function's record names: pairs of numbers,
// until one begins with 0 that isn't the first. 0 is none.
func (t *tables) need(needed []bool, field []byte) error {
	begin := int(binary.LittleEndian.Uint32(field))
	if begin == 0 {
		return nil
	}
	for at, first := begin, true; ; first = false {
		if at >= len(needed) {
			return fmt.Errorf("%w: a table that has no end", errWasm)
		}
		values := t.data[t.values:t.valuesTo]
		if values[at] == 0 && !first {
			for i := begin; i <= at; i++ {
				needed[i] = true
			}
			return nil
		}
		for range 2 {
			_, n := binary.Uvarint(values[min(at, len(values)):])
			if n <= 0 {
				return fmt.Errorf("%w: a table", errWasm)
			}
			at += n
		}
	}
}
