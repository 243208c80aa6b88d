package pgstore

import (
	"encoding/binary"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// A byteaCodec encodes many payloads at once without letting the buffer grow step
// by step: half of what an append allocated was that.
type byteaCodec struct{ *pgtype.ArrayCodec }

// PlanEncode implements [pgtype.Codec].
func (c byteaCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.([][]byte); ok && format == pgtype.BinaryFormatCode {
		return byteaPlan{}
	}
	return c.ArrayCodec.PlanEncode(m, oid, format, value)
}

type byteaPlan struct{}

// Encode implements [pgtype.EncodePlan]. The form is that of PostgreSQL's array_send:
// dimensions, whether there are nulls, the element's type, then the only dimension's
// length and lower bound, then each element with its length.
func (byteaPlan) Encode(value any, buf []byte) ([]byte, error) {
	list := value.([][]byte)
	size := 20
	for _, b := range list {
		size += 4 + len(b)
	}
	buf = slices.Grow(buf, size)
	put := func(n int) { buf = binary.BigEndian.AppendUint32(buf, uint32(n)) }
	put(1)
	put(0)
	put(pgtype.ByteaOID)
	put(len(list))
	put(1)
	for _, b := range list {
		put(len(b))
		buf = append(buf, b...)
	}
	return buf, nil
}

// useByteaCodec has m encode bytea[] with it.
func useByteaCodec(m *pgtype.Map) {
	element, ok := m.TypeForOID(pgtype.ByteaOID)
	if !ok {
		return
	}
	m.RegisterType(&pgtype.Type{Name: "_bytea", OID: pgtype.ByteaArrayOID, Codec: byteaCodec{&pgtype.ArrayCodec{ElementType: element}}})
}
