package cybertip

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/desk/deskapi"
)

// sequences are the XSD's: which element may hold which, in which order. Those that
// we never write stand in them too.
var sequences = map[string][]string{
	"report":               {"incidentSummary", "internetDetails", "lawEnforcement", "reporter", "personOrUserReported", "intendedRecipient", "victim", "additionalInfo"},
	"incidentSummary":      {"incidentType", "escalateToHighPriority", "incidentDateTime", "incidentDateTimeDescription"},
	"internetDetails":      {"webPageIncident", "emailIncident", "newsgroupIncident", "chatImIncident"},
	"chatImIncident":       {"chatClient", "chatRoomName", "content", "additionalInfo"},
	"reporter":             {"reportingPerson", "contactPerson", "companyTemplate", "termsOfService", "legalURL"},
	"reportingPerson":      {"firstName", "lastName", "phone", "email"},
	"victimPerson":         {"firstName", "lastName", "phone", "email"},
	"personOrUserReported": {"personOrUserReportedPerson", "vehicleDescription", "espIdentifier", "espService", "screenName", "displayName", "profileUrl", "ipCaptureEvent", "deviceId", "thirdPartyUserReported", "priorCTReports", "groupIdentifier", "estimatedLocation", "additionalInfo"},
	"victim":               {"victimPerson", "espIdentifier", "espService", "screenName", "displayName", "profileUrl", "ipCaptureEvent", "deviceId", "schoolName", "priorCTReports", "estimatedLocation", "additionalInfo"},
}

func example() (Company, Incident) {
	return Company{Name: "Example", Email: "safety@example.org", FirstName: "Sam", LastName: "Lee", LegalURL: "https://example.org/legal", Terms: "https://example.org/terms"},
		Incident{
			Type: deskapi.IncidentEnticement, Urgent: "now", AtMS: 1767225600000, Room: "mimi://example.org/r/x", Notes: "notes", Reported: "mimi://example.org/u/mallory",
			Victim: "mimi://example.org/u/ann", Disabled: true, Files: []File{{Name: "a.jpg", SHA256: "00", Viewed: true}},
		}
}

// Every element stands where the sequence of its parent has it.
func TestOrder(t *testing.T) {
	c, in := example()
	data, err := Make(c, in, time.UnixMilli(1767312000000))
	if err != nil {
		t.Fatal(err)
	}
	type open struct {
		name string
		last int
	}
	var stack []open
	seen := 0
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if n := len(stack); n > 0 {
				parent := &stack[n-1]
				at := slices.Index(sequences[parent.name], e.Name.Local)
				if at < 0 || at < parent.last {
					t.Errorf("<%s> in <%s> is out of order", e.Name.Local, parent.name)
				}
				parent.last = at
				seen++
			}
			stack = append(stack, open{name: e.Name.Local})
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		}
	}
	if seen < 25 {
		t.Errorf("only %d elements in\n%s", seen, data)
	}
	for _, want := range []string{"<incidentDateTime>2026-01-01T00:00:00.000Z<", "<espIdentifier>mimi://example.org/u/mallory<", "<screenName>ann<"} {
		if !strings.Contains(string(data), want) {
			t.Errorf("lacks %s", want)
		}
	}
}

// What a stranger wrote stays text, is cut, and the time isn't in the future.
func TestHostile(t *testing.T) {
	c, in := example()
	in.Notes = "</additionalInfo><script>\x00\x01\ufffe" + strings.Repeat("é", 3000)
	in.AtMS = 1 << 50
	now := time.UnixMilli(1767312000000)
	data, err := Make(c, in, now)
	if err != nil {
		t.Fatal(err)
	}
	var back xmlReport
	if err := xml.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(back.AdditionalInfo, "</additionalInfo><script>é") || len(back.AdditionalInfo) > maxText {
		t.Errorf("additionalInfo is %d bytes: %.60q", len(back.AdditionalInfo), back.AdditionalInfo)
	}
	if back.IncidentSummary.IncidentDateTime != "2026-01-01T23:59:59.000Z" {
		t.Errorf("the time is %s, want a second before now", back.IncidentSummary.IncidentDateTime)
	}
}
