package schedule_test

import (
	"bytes"
	"errors"
	"testing"

	"parley/mls/internal/codec"
	"parley/mls/internal/schedule"
	"parley/mls/internal/suite"
	"parley/mls/mlstest"
)

// keySchedule is a case of key-schedule.json.
type keySchedule struct {
	CipherSuite uint16      `json:"cipher_suite"`
	GroupID     mlstest.Hex `json:"group_id"`
	InitSecret  mlstest.Hex `json:"initial_init_secret"`
	Epochs      []epochCase
}

type epochCase struct {
	TreeHash      mlstest.Hex `json:"tree_hash"`
	CommitSecret  mlstest.Hex `json:"commit_secret"`
	PSKSecret     mlstest.Hex `json:"psk_secret"`
	Confirmed     mlstest.Hex `json:"confirmed_transcript_hash"`
	GroupContext  mlstest.Hex `json:"group_context"`
	Joiner        mlstest.Hex `json:"joiner_secret"`
	Welcome       mlstest.Hex `json:"welcome_secret"`
	Init          mlstest.Hex `json:"init_secret"`
	SenderData    mlstest.Hex `json:"sender_data_secret"`
	Encryption    mlstest.Hex `json:"encryption_secret"`
	ExporterKey   mlstest.Hex `json:"exporter_secret"`
	Authenticator mlstest.Hex `json:"epoch_authenticator"`
	External      mlstest.Hex `json:"external_secret"`
	Confirmation  mlstest.Hex `json:"confirmation_key"`
	Membership    mlstest.Hex `json:"membership_key"`
	Resumption    mlstest.Hex `json:"resumption_psk"`
	ExternalPub   mlstest.Hex `json:"external_pub"`
	Exporter      struct {
		Label   string
		Context mlstest.Hex
		Length  int
		Secret  mlstest.Hex
	}
}

// TestKeySchedule runs the vectors of RFC 9420, Section 8 and
// RFC 9420, Section 8.5.
func TestKeySchedule(t *testing.T) {
	mlstest.Each(t, "key-schedule.json", func(t *testing.T, s *suite.Suite, c keySchedule) {
		initSecret := suite.Secret(c.InitSecret)
		for i, e := range c.Epochs {
			context := groupContext(c, e, uint64(i))
			if !bytes.Equal(context, e.GroupContext) {
				t.Fatalf("epoch %d: group context: got %x, want %x", i, context, e.GroupContext)
			}
			initSecret = checkEpoch(t, s, e, initSecret)
		}
	})
}

func groupContext(c keySchedule, e epochCase, epoch uint64) []byte {
	var w codec.Writer
	w.Uint16(1)
	w.Uint16(c.CipherSuite)
	w.Vector(c.GroupID)
	w.Uint64(epoch)
	w.Vector(e.TreeHash)
	w.Vector(e.Confirmed)
	w.Vector(nil)
	return w.Bytes()
}

func checkEpoch(t *testing.T, s *suite.Suite, e epochCase, initSecret suite.Secret) suite.Secret {
	psk := suite.Secret(e.PSKSecret)
	joiner := schedule.Joiner(s, initSecret, suite.Secret(e.CommitSecret), e.GroupContext)
	got := schedule.New(s, joiner, psk, e.GroupContext)
	exported, err := got.Export(s, e.Exporter.Label, e.Exporter.Context, e.Exporter.Length)
	if err != nil {
		t.Fatal(err)
	}
	_, pub, err := s.DeriveHPKEKey(got.External)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		got, want []byte
	}{
		{"joiner", joiner, e.Joiner},
		{"welcome", schedule.Welcome(s, joiner, psk), e.Welcome},
		{"init", got.Init, e.Init},
		{"sender data", got.SenderData, e.SenderData},
		{"encryption", got.Encryption, e.Encryption},
		{"exporter", got.Exporter, e.ExporterKey},
		{"authenticator", got.Authenticator, e.Authenticator},
		{"external", got.External, e.External},
		{"confirmation", got.Confirmation, e.Confirmation},
		{"membership", got.Membership, e.Membership},
		{"resumption", got.Resumption, e.Resumption},
		{"external pub", pub, e.ExternalPub},
		{"exported", exported, e.Exporter.Secret},
	} {
		if !bytes.Equal(c.got, c.want) {
			t.Errorf("%s: got %x, want %x", c.name, c.got, c.want)
		}
	}
	return got.Init
}

func TestExportLength(t *testing.T) {
	s := suite.X25519()
	e := schedule.FromEpochSecret(s, s.Zero())
	for _, n := range []int{-1, 0, s.MaxExpand() + 1, 1 << 20} {
		if _, err := e.Export(s, "l", nil, n); !errors.Is(err, schedule.ErrExportLength) {
			t.Errorf("length %d: got %v, want ErrExportLength", n, err)
		}
	}
	if got, err := e.Export(s, "l", nil, s.MaxExpand()); err != nil || len(got) != s.MaxExpand() {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

func TestErase(t *testing.T) {
	s := suite.X25519()
	e := schedule.FromEpochSecret(s, s.Zero())
	e.Erase()
	for _, k := range []suite.Secret{
		e.SenderData, e.Encryption, e.Exporter, e.External, e.Confirmation,
		e.Membership, e.Resumption, e.Authenticator, e.Init,
	} {
		if !k.Equal(s.Zero()) {
			t.Error("a secret is left")
		}
	}
}

// pskCase is a case of psk_secret.json.
type pskCase struct {
	PSKs []struct {
		ID    mlstest.Hex `json:"psk_id"`
		Key   mlstest.Hex `json:"psk"`
		Nonce mlstest.Hex `json:"psk_nonce"`
	}
	Secret mlstest.Hex `json:"psk_secret"`
}

// TestPSKSecret runs the vectors of RFC 9420, Section 8.4.
func TestPSKSecret(t *testing.T) {
	mlstest.Each(t, "psk_secret.json", func(t *testing.T, s *suite.Suite, c pskCase) {
		var psks []schedule.PSK
		for _, p := range c.PSKs {
			var w codec.Writer
			w.Uint8(1) // external
			w.Vector(p.ID)
			w.Vector(p.Nonce)
			psks = append(psks, schedule.PSK{ID: w.Bytes(), Key: suite.Secret(p.Key)})
		}
		got, err := schedule.PSKSecret(s, psks)
		if err != nil || !bytes.Equal(got, c.Secret) {
			t.Errorf("got %x, %v, want %x", []byte(got), err, c.Secret)
		}
	})
}

func TestTooManyPSKs(t *testing.T) {
	if _, err := schedule.PSKSecret(suite.X25519(), make([]schedule.PSK, 1<<16)); !errors.Is(err, schedule.ErrTooManyPSKs) {
		t.Errorf("got %v, want ErrTooManyPSKs", err)
	}
}
