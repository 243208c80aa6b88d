package browser

import (
	"testing"

	"parley/desk/deskapi"
)

// TestDeskAuditPages: the log is read a page at a time, to its first line and back, and the
// page never holds more of it than one; the whole is checked all the same.
func TestDeskAuditPages(t *testing.T) {
	t.Parallel()
	o := newDesk(t)
	for range 220 {
		_, err := o.scene.Desk.Cases(t.Context(), o.scene.Lena, deskapi.CaseFilter{})
		o.must0(err)
	}
	rows := `document.querySelectorAll("tbody tr").length`
	main := `document.querySelector("main").innerText`
	o.key("g")
	o.key("l")
	o.sees("The chain holds: each of")
	o.until("the newest lines", `text() && `+rows+` === 100`)
	if n := o.count("button", "Newer lines"); n != 0 {
		t.Error("there are lines newer than the newest")
	}
	for range 2 {
		first := o.must(`document.querySelector("tbody td").textContent`)
		o.press("button", "Older lines")
		o.until("older lines", `text() && document.querySelector("tbody td").textContent !== `+first+` && `+rows+` <= 100`)
	}
	o.until("the first line", `text().includes("log.opened")`)
	if n := o.count("button", "Older lines"); n != 0 {
		t.Error("there are lines older than the first")
	}
	o.press("button", "Newer lines")
	o.until("the page before", `text() && !`+main+`.includes("log.opened") && `+rows+` === 100`)
	o.types("Action", "log.opened")
	o.press("button", "Show")
	o.until("the line that was chosen", `text() && `+rows+` === 1 && `+main+`.includes("log.opened")`)
}
