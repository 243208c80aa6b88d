package content_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	. "parley/content"
	"parley/internal/cbor"
)

var png = append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 40)...)

func TestStatesRoundTrip(t *testing.T) {
	want := []State{
		{Kind: StatePerson, Subject: alice, Number: int64(Blocked), AtMS: 5, Device: "d"},
		{Kind: StateDraft, Subject: room, Text: "héllo", AtMS: 6, Device: "d"},
		{Kind: 200, Subject: "of a newer client", Data: []byte{1}, AtMS: 7},
	}
	for i := range want {
		if want[i].Data == nil {
			want[i].Data = []byte{}
		}
	}
	m, err := NewStates(ext, want)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := Decode(encode(t, m))
	if err != nil {
		t.Fatal(err)
	}
	if s := got.Summary(); s.Kind != KindState || s.Text != "" {
		t.Errorf("Summary = %+v; want a state without text", s)
	}
	if states, err := got.States(); err != nil || !reflect.DeepEqual(states, want) {
		t.Errorf("States = %+v, %v; want %+v", states, err, want)
	}
	if states, err := NewText(ext, "hi").States(); states != nil || err != nil {
		t.Errorf("States of a text = %v, %v; want none", states, err)
	}
}

func TestLaterStateCounts(t *testing.T) {
	a, b := State{AtMS: 5, Device: "b"}, State{AtMS: 6, Device: "a"}
	if !a.Before(&b) || b.Before(&a) || a.Before(&a) {
		t.Error("the later one doesn't count")
	}
	if c := (State{AtMS: 5, Device: "c"}); !a.Before(&c) || c.Before(&a) {
		t.Error("at the same time the greater device doesn't count")
	}
}

// What can't be written can't be read either.
func TestTypedRefuses(t *testing.T) {
	long, bad, timer := strings.Repeat("x", MaxTitle+1), "\xff", uint32(MaxTimer+1)
	big, page := make([]byte, MaxPicture+1), []byte("<svg>")
	copy(big, png)
	for name, c := range map[string]struct {
		err  error
		want error
	}{
		"no entries":        {second(NewStates(ext, nil)), ErrLimit},
		"too many entries":  {second(NewStates(ext, make([]State, MaxStates+1))), ErrLimit},
		"no kind":           {second(NewStates(ext, []State{{}})), ErrMalformed},
		"a long text":       {second(NewStates(ext, []State{{Kind: 1, Text: strings.Repeat("x", MaxStateText+1)}})), ErrLimit},
		"a long subject":    {second(NewStates(ext, []State{{Kind: 1, Subject: strings.Repeat("x", MaxURI+1)}})), ErrLimit},
		"before time":       {second(NewStates(ext, []State{{Kind: 1, AtMS: -1}})), ErrMalformed},
		"a long title":      {second(NewRoomSettings(ext, RoomSettings{Title: &long})), ErrLimit},
		"a title of noise":  {second(NewRoomSettings(ext, RoomSettings{Title: &bad})), ErrLimit},
		"a long timer":      {second(NewRoomSettings(ext, RoomSettings{TimerS: &timer})), ErrLimit},
		"a large picture":   {second(NewRoomSettings(ext, RoomSettings{Picture: &big})), ErrLimit},
		"no picture":        {second(NewRoomSettings(ext, RoomSettings{Picture: &page})), ErrMalformed},
		"a long name":       {second(NewProfile(ext, Profile{Display: long})), ErrLimit},
		"a name of noise":   {second(NewProfile(ext, Profile{Display: bad})), ErrMalformed},
		"a picture of text": {second(NewProfile(ext, Profile{Picture: page})), ErrMalformed},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v; want %v", name, c.err, c.want)
		}
	}
	for _, kind := range []string{TypeState, TypeRoom, TypeProfile} {
		m := NewPlain(ext, "x")
		m.Part.Body = SinglePart{TypeStatus, []byte{0x80}}
		m.Extensions.Other = map[any]cbor.RawMessage{kind: cbor.MustMarshal([]byte("\xffnoise"))}
		_, e1 := m.States()
		_, e2 := m.RoomSettings()
		_, e3 := m.Profile()
		if err := errors.Join(e1, e2, e3); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s of noise: %v; want ErrMalformed", kind, err)
		}
	}
}

func second(_ *Message, err error) error { return err }

func TestRoomSettingsRoundTrip(t *testing.T) {
	title, picture, timer := "Friends", png, uint32(86400)
	for _, want := range []RoomSettings{{}, {Title: &title}, {Picture: &picture, Restated: true}, {TimerS: &timer}, {Title: new(string)}} {
		m, err := NewRoomSettings(ext, want)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := Decode(encode(t, m))
		if err != nil {
			t.Fatal(err)
		}
		if s, err := got.RoomSettings(); err != nil || !reflect.DeepEqual(*s, want) {
			t.Errorf("RoomSettings = %+v, %v; want %+v", s, err, want)
		}
	}
}

func TestProfileRoundTrip(t *testing.T) {
	want := Profile{Display: "Alice Smith", Picture: png}
	m, err := NewProfile(ext, want)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := Decode(encode(t, m))
	if err != nil {
		t.Fatal(err)
	}
	if p, err := got.Profile(); err != nil || !reflect.DeepEqual(*p, want) || got.Summary().Kind != KindProfile {
		t.Errorf("Profile = %+v, %v; want %+v", p, err, want)
	}
	for kind, data := range map[string]string{
		"image/png": string(png), "image/jpeg": "\xff\xd8\xff\xe0", "image/webp": "RIFF\x00\x00\x00\x00WEBP", "": "<svg>",
	} {
		if got := PictureType([]byte(data)); got != kind {
			t.Errorf("PictureType(%q) = %q; want %q", data, got, kind)
		}
	}
}
