package public_test

import (
	"bytes"
	"testing"

	"parley/mls/internal/codec"
	"parley/mls/mlstest"
	"parley/mls/public"
)

type lengthCase struct {
	Header mlstest.Hex `json:"vlbytes_header"`
	Length int         `json:"length"`
}

// TestDeserializationVectors reads length headers (RFC 9420, Section 2.1.2).
func TestDeserializationVectors(t *testing.T) {
	mlstest.Each(t, "deserialization.json", func(t *testing.T, _ *public.Suite, c lengthCase) {
		r := codec.NewReader(c.Header)
		if got := r.Varint(); got != c.Length || r.Finish() != nil {
			t.Errorf("header %x: length %d, %v; want %d", []byte(c.Header), got, r.Err(), c.Length)
		}
		if got := codec.AppendVarint(nil, c.Length); !bytes.Equal(got, c.Header) {
			t.Errorf("length %d: header %x, want %x", c.Length, got, []byte(c.Header))
		}
	})
}

// roundTrip decodes b as a T and wants the same bytes back.
func roundTrip[T any, D interface {
	public.Decoder[T]
	public.Encoder
}](t *testing.T, name string, b []byte) *T {
	t.Helper()
	v, err := public.Parse[T, D](b)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return nil
	}
	if got := public.Marshal(D(v)); !bytes.Equal(got, b) {
		t.Errorf("%s: encodes to\n%x, want\n%x", name, got, b)
	}
	return v
}

// roundTripProposal puts the type before b and does the same for a proposal.
func roundTripProposal(t *testing.T, name string, kind public.ProposalType, b []byte) {
	t.Helper()
	b = append([]byte{byte(kind >> 8), byte(kind)}, b...)
	r := codec.NewReader(b)
	p := public.ReadProposal(r)
	if err := r.Finish(); err != nil || p.Type() != kind {
		t.Errorf("%s: %v", name, err)
		return
	}
	var w codec.Writer
	if public.WriteProposal(&w, p); !bytes.Equal(w.Bytes(), b) {
		t.Errorf("%s: encodes to\n%x, want\n%x", name, w.Bytes(), b)
	}
}

type messagesCase struct {
	Welcome       mlstest.Hex `json:"mls_welcome"`
	GroupInfo     mlstest.Hex `json:"mls_group_info"`
	KeyPackage    mlstest.Hex `json:"mls_key_package"`
	RatchetTree   mlstest.Hex `json:"ratchet_tree"`
	Add           mlstest.Hex `json:"add_proposal"`
	Update        mlstest.Hex `json:"update_proposal"`
	Remove        mlstest.Hex `json:"remove_proposal"`
	PreSharedKey  mlstest.Hex `json:"pre_shared_key_proposal"`
	ReInit        mlstest.Hex `json:"re_init_proposal"`
	ExternalInit  mlstest.Hex `json:"external_init_proposal"`
	Extensions    mlstest.Hex `json:"group_context_extensions_proposal"`
	Commit        mlstest.Hex `json:"commit"`
	PublicApp     mlstest.Hex `json:"public_message_application"`
	PublicProp    mlstest.Hex `json:"public_message_proposal"`
	PublicCommit  mlstest.Hex `json:"public_message_commit"`
	PrivateMesage mlstest.Hex `json:"private_message"`
}

// TestMessagesVectors decodes and encodes every kind of message
// (RFC 9420, Section 6).
func TestMessagesVectors(t *testing.T) {
	mlstest.Each(t, "messages.json", func(t *testing.T, _ *public.Suite, c messagesCase) {
		for _, m := range []struct {
			name string
			data []byte
			want public.WireFormat
		}{
			{"Welcome", c.Welcome, public.WireWelcome},
			{"GroupInfo", c.GroupInfo, public.WireGroupInfo},
			{"KeyPackage", c.KeyPackage, public.WireKeyPackage},
			{"PublicMessage with application data", c.PublicApp, public.WirePublicMessage},
			{"PublicMessage with a proposal", c.PublicProp, public.WirePublicMessage},
			{"PublicMessage with a commit", c.PublicCommit, public.WirePublicMessage},
			{"PrivateMessage", c.PrivateMesage, public.WirePrivateMessage},
		} {
			if v := roundTrip[public.MLSMessage](t, m.name, m.data); v != nil && v.WireFormat() != m.want {
				t.Errorf("%s: wire format %d, want %d", m.name, v.WireFormat(), m.want)
			}
		}
		roundTrip[public.Commit](t, "Commit", c.Commit)
		for kind, data := range []mlstest.Hex{c.Add, c.Update, c.Remove, c.PreSharedKey, c.ReInit, c.ExternalInit, c.Extensions} {
			roundTripProposal(t, "proposal", public.ProposalType(kind+1), data)
		}
		roundTripTree(t, c.RatchetTree)
	})
}

func roundTripTree(t *testing.T, data []byte) {
	t.Helper()
	tree, err := public.ParseTree(public.X25519(), data, 1<<10)
	if err != nil {
		t.Errorf("ratchet tree: %v", err)
		return
	}
	if got := public.Marshal(tree); !bytes.Equal(got, data) {
		t.Errorf("ratchet tree: encodes to\n%x, want\n%x", got, data)
	}
}
