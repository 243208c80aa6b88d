// Package cybertip writes a report in the shape of NCMEC's CyberTipline Reporting
// API, with the elements in the order of its XSD. The order is that of
// roostorg/coop's server/services/ncmecService/ncmecReporting.ts at commit 1c1f54d
// (type Report, "Key insertion order in these object literals must match the NCMEC
// XSD sequence (Appendix B)"), since the XSD itself isn't public. See
// docs/spec/cybertip.md.
//
// It only writes a file. Nothing in this module sends one anywhere.
package cybertip

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"parley/desk/deskapi"
)

// A Company is who reports.
type Company struct {
	Name      string // as it is registered
	Email     string // of who answers for the report
	FirstName string
	LastName  string
	LegalURL  string
	Terms     string // text or URL of the terms that apply
}

// An Incident is what a report tells of.
type Incident struct {
	Type   deskapi.Incident
	Urgent string // why it is; empty: it isn't
	AtMS   int64  // of the newest message
	Room   string
	Notes  string
	// Reported and Victim are accounts; Victim may be empty.
	Reported, Victim string
	Disabled         bool // the reported account is suspended
	Files            []File
}

// A File is an attachment.
type File struct {
	Name   string // as it was sent
	SHA256 string // hex
	Viewed bool   // by a person of the desk
}

// IncidentTypes are those that the XSD has (ncmecReporting.ts, NCMECIncidentType).
var IncidentTypes = []deskapi.Incident{
	deskapi.IncidentMaterial, deskapi.IncidentTrafficking, deskapi.IncidentTourism, deskapi.IncidentMolestation, deskapi.IncidentDomain,
	deskapi.IncidentWords, deskapi.IncidentEnticement, deskapi.IncidentUnsolicited,
}

// maxText bounds a text, in bytes (ncmecReporting.ts: at most 3000 characters).
const maxText = 3000

// The elements, each in the order of its sequence. What the desk never knows (names,
// addresses, phones) has no field: the server doesn't have it.
type (
	xmlReport struct {
		XMLName          xml.Name    `xml:"report"`
		IncidentSummary  xmlSummary  `xml:"incidentSummary"`
		InternetDetails  xmlInternet `xml:"internetDetails"`
		Reporter         xmlReporter `xml:"reporter"`
		PersonOrReported xmlReported `xml:"personOrUserReported"`
		Victim           *xmlVictim  `xml:"victim,omitempty"`
		AdditionalInfo   string      `xml:"additionalInfo,omitempty"`
	}
	xmlSummary struct {
		IncidentType           deskapi.Incident `xml:"incidentType"`
		EscalateToHighPriority string           `xml:"escalateToHighPriority,omitempty"`
		IncidentDateTime       string           `xml:"incidentDateTime"`
		Description            string           `xml:"incidentDateTimeDescription,omitempty"`
	}
	xmlInternet struct {
		ChatIM xmlChat `xml:"chatImIncident"`
	}
	xmlChat struct {
		ChatClient     string `xml:"chatClient,omitempty"`
		ChatRoomName   string `xml:"chatRoomName,omitempty"`
		Content        string `xml:"content,omitempty"`
		AdditionalInfo string `xml:"additionalInfo,omitempty"`
	}
	xmlReporter struct {
		ReportingPerson xmlPerson `xml:"reportingPerson"`
		CompanyTemplate string    `xml:"companyTemplate,omitempty"`
		TermsOfService  string    `xml:"termsOfService,omitempty"`
		LegalURL        string    `xml:"legalURL,omitempty"`
	}
	xmlPerson struct {
		FirstName string   `xml:"firstName,omitempty"`
		LastName  string   `xml:"lastName,omitempty"`
		Email     []string `xml:"email,omitempty"`
	}
	xmlReported struct {
		ESPIdentifier  string `xml:"espIdentifier,omitempty"`
		ESPService     string `xml:"espService,omitempty"`
		ScreenName     string `xml:"screenName,omitempty"`
		AdditionalInfo string `xml:"additionalInfo,omitempty"`
	}
	xmlVictim struct {
		VictimPerson  xmlPerson `xml:"victimPerson"`
		ESPIdentifier string    `xml:"espIdentifier,omitempty"`
		ESPService    string    `xml:"espService,omitempty"`
		ScreenName    string    `xml:"screenName,omitempty"`
	}
)

// Make returns the XML. now bounds the incident's time, which may not be in the
// future.
func Make(c Company, in Incident, now time.Time) ([]byte, error) {
	at := time.UnixMilli(in.AtMS)
	if past := now.Add(-time.Second); at.After(past) {
		at = past
	}
	r := xmlReport{
		IncidentSummary: xmlSummary{
			IncidentType: in.Type, EscalateToHighPriority: text(in.Urgent), IncidentDateTime: at.UTC().Format("2006-01-02T15:04:05.000Z"),
			Description: "When the platform took the newest of the reported messages",
		},
		InternetDetails: xmlInternet{xmlChat{ChatClient: text(c.Name), ChatRoomName: text(in.Room), AdditionalInfo: text(files(in.Files))}},
		Reporter: xmlReporter{
			ReportingPerson: xmlPerson{FirstName: text(c.FirstName), LastName: text(c.LastName)},
			CompanyTemplate: text(c.Name), TermsOfService: text(c.Terms), LegalURL: text(c.LegalURL),
		},
		PersonOrReported: xmlReported{ESPIdentifier: text(in.Reported), ESPService: text(c.Name), ScreenName: text(screenName(in.Reported))},
		AdditionalInfo:   text(in.Notes),
	}
	if c.Email != "" {
		r.Reporter.ReportingPerson.Email = []string{text(c.Email)}
	}
	if in.Disabled {
		r.PersonOrReported.AdditionalInfo = "The account is suspended"
	}
	if in.Victim != "" {
		r.Victim = &xmlVictim{ESPIdentifier: text(in.Victim), ESPService: text(c.Name), ScreenName: text(screenName(in.Victim))}
	}
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e := xml.NewEncoder(&b)
	e.Indent("", "  ")
	if err := e.Encode(r); err != nil {
		return nil, fmt.Errorf("cybertip: %v", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// files lists attachments: they are handed over apart from the report.
func files(all []File) string {
	var b strings.Builder
	for i, f := range all {
		viewed := "not viewed"
		if f.Viewed {
			viewed = "viewed by the company"
		}
		fmt.Fprintf(&b, "File %d: SHA-256 %s, %s\n", i+1, f.SHA256, viewed)
	}
	return strings.TrimSpace(b.String())
}

func screenName(account string) string { return account[strings.LastIndexByte(account, '/')+1:] }

// text cuts s to what the XSD takes, at a whole character, without what XML can't
// hold.
func text(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r >= 0x20 && r != utf8.RuneError && r != 0xFFFE && r != 0xFFFF {
			return r
		}
		return -1
	}, s)
	for len(s) > maxText {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return strings.TrimSpace(s)
}
