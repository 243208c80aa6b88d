package audit

import (
	"bytes"
	"fmt"
	"testing"
)

// BenchmarkVerify reads a log of 100,000 lines: b.N times.
func BenchmarkVerify(b *testing.B) {
	var log bytes.Buffer
	head := Zero
	for i := range 100_000 {
		l := &Line{Version: Version, Seq: int64(i + 1), Prev: head, AtMS: 1767225600000, Actor: "p-aaaaaaaaaaaaaaaa", Action: CaseOpened, Subject: fmt.Sprintf("c-%016d", i)}
		raw, err := l.encode()
		if err != nil {
			b.Fatal(err)
		}
		head = l.Hash
		log.Write(raw)
	}
	b.SetBytes(int64(log.Len()))
	for b.Loop() {
		if _, err := Verify(bytes.NewReader(log.Bytes()), nil, nil); err != nil {
			b.Fatal(err)
		}
	}
}
