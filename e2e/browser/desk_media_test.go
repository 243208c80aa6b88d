package browser

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parley/content"
	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/desk/desktest"
	"parley/report"
	"parley/wire"
)

// suspension is a suspension of a week.
func suspension(id string) deskapi.NewDecision {
	return deskapi.NewDecision{ID: id, Kind: deskapi.Suspend, Days: 7, Reasons: desktest.Reasons()}
}

// recorded has ffmpeg make a short file of colors or of a tone.
func recorded(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command("ffmpeg", append(append([]string{"-v", "error"}, args...), file)...).CombinedOutput(); err != nil {
		if os.Getenv("CI") != "true" {
			t.Skipf("ffmpeg isn't there, or can't: %v", err)
		}
		t.Fatalf("ffmpeg: %v %s", err, out)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestDeskMedia: nothing of a video or a sound is fetched before somebody asks, nothing
// plays by itself, a video is grey and blurred until it is wanted clear, all by the
// keyboard; and one that is removed is gone for everybody, which its sender learns.
func TestDeskMedia(t *testing.T) {
	t.Parallel()
	o := newDesk(t)
	clip := recorded(t, "clip.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x200:rate=15", "-f", "lavfi", "-i", "sine=frequency=330", "-t", "4", "-c:v", "libx264",
		"-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart")
	voice := recorded(t, "voice.ogg", "-f", "lavfi", "-i", "sine=frequency=440", "-t", "4", "-c:a", "libopus")
	s := o.scene
	o.getsCase("*Sexual content*bob*", "voice.ogg", s.Report(s.Alice, s.Bob, report.SexualContent,
		o.sends(s.Bob, false, evidence{content.RoleVideo, "video/mp4", "clip.mp4", "", clip}), o.sends(s.Bob, false, evidence{content.RoleVoice, "audio/ogg", "voice.ogg", "", voice})))
	if n := o.must(`document.querySelectorAll("main :is(img, video, audio)").length`); n != "0" || s.Count(audit.MediaRevealed) != 0 {
		t.Errorf("%s elements of media, %d looks, before anything was revealed", n, s.Count(audit.MediaRevealed))
	}
	o.key("r")
	o.until("the video", `text() && document.querySelector("main video")?.readyState >= 1`)
	o.video("blurred and grey, silent, without controls", `f.includes("blur") && f.includes("grayscale") && v.muted && !v.controls && !v.autoplay && v.disablePictureInPicture`)
	o.key("r")
	o.video("clear, still grey, with controls", `!f.includes("blur") && f.includes("grayscale") && v.controls`)
	o.key("r")
	o.until("the sound", `text() && !!document.querySelector("main audio[controls]")`)
	for _, kind := range []string{"video", "audio"} {
		if o.must(`((m) => m.paused && m.currentTime === 0 && !m.autoplay)(document.querySelector("main `+kind+`"))`) != "true" {
			t.Errorf("the %s plays by itself", kind)
		}
		o.must(`document.querySelector("main ` + kind + `").focus()`)
		o.key(" ")
		o.until("that the "+kind+" plays", `text() && document.querySelector("main `+kind+`").currentTime > 0`)
	}
	o.must(`document.activeElement.blur()`)
	o.key("b")
	o.video("blurred again, and nothing plays", `f.includes("blur") && v.paused && document.querySelector("main audio").paused`)
	if n := s.Count(audit.MediaRevealed); n != 2 {
		t.Errorf("the log tells of %d looks at attachments; want 2", n)
	}
	o.removes()
}

// video waits for what is so of the video v, which is drawn with the filter f.
func (p *tab) video(what, is string) {
	p.t.Helper()
	p.until("the video "+what, `text() && ((v) => { const f = v ? getComputedStyle(v).filter : ""; return !!v && `+is+`; })(document.querySelector("main video"))`)
}

// removes takes the video of the open case down.
func (o *deskTour) removes() {
	o.t.Helper()
	s := o.scene
	o.key("5")
	o.has("dialog", "Remove attachments")
	o.press("checkbox", "No. 1 clip.mp4*")
	o.types("Which part of the terms", "Terms, 2.1")
	o.types("Why it applies", "Not without consent.")
	o.types("What happened", "A video of somebody.")
	o.press("button", "Remove attachments")
	o.hasNot("dialog", "Remove attachments")
	o.sees("Carried out")
	if taken := s.Server.Taken(); len(taken) != 1 {
		o.t.Errorf("%d attachments were taken down; want the one", len(taken))
	}
	if told := s.Server.Told(s.Bob.Account); len(told) != 1 || told[0].Kind != wire.NoticeRemoved || told[0].Statement == nil || told[0].Statement.Facts != "A video of somebody." {
		o.t.Errorf("who sent it was told %+v; want that it was removed, and why", told)
	}
	o.until("that it is removed", `text() && ((f) => f.textContent.includes("Removed") && !f.querySelector("video"))(`+figure("clip.mp4")+`)`)
	if o.must(`!!`+figure("voice.ogg")+`.querySelector("audio")`) != "true" {
		o.t.Error("the other attachment is gone, too")
	}
	o.asksFor("clip.mp4") // who decides an appeal has to see it
	o.video("blurred", `f.includes("blur")`)
	s.Appeal(s.Bob, s.Server.Told(s.Bob.Account)[0].Decision, "It is my own video.")
	s.Step()
	list, err := s.Desk.Appeals(o.t.Context(), s.Rita, deskapi.AppealFilter{})
	o.must0(err)
	_, err = s.Desk.DecideAppeal(o.t.Context(), s.Rita, deskapi.AppealDecision{ID: list.Appeals[0].ID, Reverse: true, Reply: "It is."})
	o.must0(err)
	o.must(`document.activeElement.blur()`)
	o.key(".")
	o.until("that it is there again", `text() && !`+figure("clip.mp4")+`.textContent.includes("Removed")`)
	if taken := s.Server.Taken(); len(taken) != 0 {
		o.t.Errorf("%d attachments are still down after the appeal; want none", len(taken))
	}
}

// TestDeskExports: a case of child safety as XML in the order of the CyberTipline's XSD,
// and a decision's statement of reasons with the fields of the EU's database.
func TestDeskExports(t *testing.T) {
	t.Parallel()
	o := newDesk(t)
	s := o.scene
	s.Send(s.Report(s.Alice, s.Carol, report.ChildSafety, s.Attach(s.Carol, "image/png", deskPicture()), s.Say(s.Carol, "How old are you? <b>&")))
	s.Step()
	id := s.Queue().Cases[0].ID
	dec, err := s.Decide(t.Context(), s.Sara, suspension(id))
	o.must0(err)
	_, err = s.Confirm(t.Context(), s.Sam, deskapi.DecisionID{ID: dec.ID})
	o.must0(err)
	o.press("radio", "Decided")
	o.press("link", "*Child safety*carol*")
	o.has("button", "Export")
	tip := (&person{tab: o.tab}).savesBy(t, func() {
		o.key("e")
		o.press("radio", "CyberTipline XML*")
		o.press("button", "Save the file")
	}, id+".xml")
	want := []string{"incidentSummary", "internetDetails", "reporter", "personOrUserReported", "additionalInfo"}
	if got := children(t, tip, "report"); !slices.Equal(got, want) {
		t.Errorf("the report has %v; want %v", got, want)
	}
	if !strings.Contains(string(tip), string(s.Carol.Account)) || strings.Contains(string(tip), string(s.Alice.Account)) {
		t.Errorf("the file names who is reported, and never who reported:\n%s", tip)
	}
	o.hasNot("dialog", "Export")
	statement := string((&person{tab: o.tab}).savesBy(t, func() {
		o.key("e")
		o.press("radio", "Statement of reasons*")
		o.press("button", "Save the file")
	}, dec.ID+".json"))
	for _, field := range []string{`"decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT"`, `"decision_account": "DECISION_ACCOUNT_SUSPENDED"`, `"puid": "` + dec.ID + `"`} {
		if !strings.Contains(statement, field) {
			t.Errorf("no %s in the statement:\n%s", field, statement)
		}
	}
	if n := s.Count(audit.CaseExported); n != 2 {
		t.Errorf("the log tells of %d exports; want 2", n)
	}
}

// children lists the names of what is in the root of an XML document, without what repeats.
func children(t testing.TB, data []byte, root string) (names []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(string(data)))
	for depth := 0; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return names
		}
		if err != nil {
			t.Fatalf("the XML: %v\n%s", err, data)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if depth == 0 && e.Name.Local != root {
				t.Fatalf("the XML begins with %s; want %s", e.Name.Local, root)
			}
			if depth == 1 && (len(names) == 0 || names[len(names)-1] != e.Name.Local) {
				names = append(names, e.Name.Local)
			}
			depth++
		case xml.EndElement:
			depth--
		}
	}
}
