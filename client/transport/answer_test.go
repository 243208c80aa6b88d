package transport_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"parley/client"
	"parley/client/transport"
	"parley/wire"
)

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	body, err := wire.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestAnswerIsReply(t *testing.T) {
	want := marshal(t, &wire.ReadReply{Head: 9})
	for _, kind := range []string{"application/cbor", "Application/CBOR", "application/cbor; charset=binary", " application/cbor ;"} {
		if got, err := transport.Answer(200, kind, want); err != nil || !bytes.Equal(got, want) {
			t.Errorf("type %q: %x, %v; want the body", kind, got, err)
		}
	}
}

func TestAnswerIsRefusal(t *testing.T) {
	long, control := strings.Repeat("x", 501), "a\x1b[2Jb"
	for _, test := range []struct {
		status  int
		message string
		want    string
	}{
		{403, "You may not.", "You may not."},
		{502, "You may not.", "You may not."}, // a proxy may change the status
		{500, long, ""},
		{500, control, ""},
	} {
		body := marshal(t, &wire.Error{Code: "new_code_7", Message: test.message})
		_, err := transport.Answer(test.status, "text/html", body)
		var got *wire.Error
		if !errors.As(err, &got) || got.Code != "new_code_7" || got.Message != test.want {
			t.Errorf("status %d, message %.10q: %v; want new_code_7 with %q", test.status, test.message, err, test.want)
		}
	}
}

func TestAnswerIsNeither(t *testing.T) {
	reply := marshal(t, &wire.ReadReply{Head: 9})
	for name, test := range map[string]struct {
		status int
		kind   string
		body   []byte
		why    string
	}{
		"a page":           {200, "text/html", []byte("<html>hunter2"), "no Parley server"},
		"another type":     {200, "text/html", reply, "no Parley server"},
		"not a map":        {200, wire.ContentType, []byte{0x01}, "no Parley server"},
		"half a map":       {200, wire.ContentType, reply[:len(reply)-1], "no Parley server"},
		"more than a map":  {200, wire.ContentType, append(bytes.Clone(reply), 0), "no Parley server"},
		"nothing":          {200, wire.ContentType, nil, "no Parley server"},
		"a redirect":       {307, wire.ContentType, reply, "redirects"},
		"a proxy's page":   {502, "text/html", []byte("<html>hunter2"), "HTTP status 502"},
		"no code":          {400, wire.ContentType, marshal(t, &wire.Error{Message: "hunter2"}), "HTTP status 400"},
		"a code of markup": {400, wire.ContentType, marshal(t, &wire.Error{Code: "<b>hunter2"}), "HTTP status 400"},
		"a code of an essay": {
			400, wire.ContentType, marshal(t, &wire.Error{Code: wire.Code(strings.Repeat("x", 65))}), "HTTP status 400",
		},
	} {
		_, err := transport.Answer(test.status, test.kind, test.body)
		if !errors.Is(err, client.ErrOffline) || !strings.Contains(err.Error(), test.why) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v; want ErrOffline, with %q and nothing of the answer", name, err, test.why)
		}
	}
}

// FuzzAnswer: whatever is answered is a body, a refusal that can be shown, or
// ErrOffline.
func FuzzAnswer(f *testing.F) {
	f.Add(200, wire.ContentType, marshal(f, &wire.ReadReply{Head: 9}))
	f.Add(403, "", marshal(f, &wire.Error{Code: wire.CodeForbidden, Message: "No."}))
	f.Fuzz(func(t *testing.T, status int, kind string, body []byte) {
		got, err := transport.Answer(status, kind, body)
		var refusal *wire.Error
		switch {
		case err == nil && !bytes.Equal(got, body):
			t.Errorf("another body than came: %x", got)
		case errors.As(err, &refusal):
			if refusal.Code == "" || len(refusal.Message) > 500 || strings.ContainsRune(refusal.Message, '\x1b') {
				t.Errorf("a refusal that can't be shown: %+v", refusal)
			}
		case err != nil && !errors.Is(err, client.ErrOffline):
			t.Errorf("neither a refusal nor ErrOffline: %v", err)
		}
	})
}
