package pgstore

import (
	"bytes"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
)

// TestByteaCodec: the bytes are those of the driver's own codec.
func TestByteaCodec(t *testing.T) {
	own, theirs := pgtype.NewMap(), pgtype.NewMap()
	useByteaCodec(own)
	for _, list := range [][][]byte{{}, {{}}, {{1}}, {{1, 2, 3}, {}, bytes.Repeat([]byte{7}, 5000)}} {
		got, err := own.Encode(pgtype.ByteaArrayOID, pgtype.BinaryFormatCode, list, []byte("before"))
		want, errWant := theirs.Encode(pgtype.ByteaArrayOID, pgtype.BinaryFormatCode, list, []byte("before"))
		if err != nil || errWant != nil || !bytes.Equal(got, want) {
			t.Errorf("%d elements: %x, %v; want %x, %v", len(list), got, err, want, errWant)
		}
	}
	if plan := own.PlanEncode(pgtype.ByteaArrayOID, pgtype.BinaryFormatCode, [][]byte{}); plan != (byteaPlan{}) {
		t.Errorf("the plan is %T", plan)
	}
}
