package browser

import (
	"time"

	"github.com/chromedp/cdproto/input"
)

// enlarged is whether what the viewer shows is as much larger as is wanted.
func enlarged(wanted string) string {
	return `text() && Number(/scale\((.*)\)/.exec(document.querySelector(".stage-picture").style.transform)?.[1] ?? 1) ` + wanted
}

// fingersInViewer looks at the second of three photos with fingers: two presses and two
// fingers enlarge it, a finger across turns to another one.
func (p *person) fingersInViewer(name string) {
	p.t.Helper()
	p.fingers(true)
	defer p.fingers(false)
	p.taps(name, enlarged("=== 2.5"))
	p.taps(name, enlarged("=== 1"))
	x, y := p.point("image", name)
	p.pinches(x, y)
	p.until("that it is larger", enlarged("> 1.5"))
	p.key("0")
	p.until("that it is as it was", enlarged("=== 1"))
	p.swipe("image", name, -200)
	p.sees("3 of 3")
	p.swipe("image", "Photo*", 200)
	p.sees("2 of 3")
}

// taps presses a photo twice in a row with a finger, until that has come to something:
// on a slow machine the two may be too far apart.
func (p *person) taps(name, wanted string) {
	p.t.Helper()
	eventually(p.t, "a double press", func() bool {
		x, y := p.point("image", name)
		for range 2 {
			p.touch(input.TouchPoint{X: x, Y: y})
			p.lift()
		}
		return p.within(2*time.Second, wanted)
	})
}

// pinches draws two fingers apart.
func (p *person) pinches(x, y float64) {
	p.t.Helper()
	kind, ids := input.DispatchTouchEventTypeTouchStart, []float64{1, 2}
	for step := range 6 {
		by := 40 + 20*float64(step)
		one, other := input.TouchPoint{X: x - by, Y: y, ID: &ids[0]}, input.TouchPoint{X: x + by, Y: y, ID: &ids[1]}
		p.do(call(input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: []*input.TouchPoint{&one, &other}}))
		kind = input.DispatchTouchEventTypeTouchMove
	}
	p.lift()
}

// speaks sends voice messages: one while the button is held, which letting go of it
// sends, and one of a minute, the most there is, at which the microphone is let go of.
func (p *person) speaks(other *person) {
	p.t.Helper()
	const record = "Record a voice message"
	p.holds("button", record, func() {
		p.has("button", "Send the recording")
		p.until("a second", `text() && document.querySelectorAll(".recorder .wave-bar").length > 24`)
	})
	p.has("button", record)
	other.until("the second voice message", `names("button").filter((n) => n.startsWith("Play: Voice message")).length >= 2`)

	p.must(`(globalThis.heard = [], ((ask) => {
		navigator.mediaDevices.getUserMedia = async (what) => ask(what).then((stream) => (heard.push(...stream.getTracks()), stream));
	})(navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)), true)`)
	p.press("button", record)
	p.until("that it hears", `text() && document.querySelectorAll(".recorder .wave-bar").length > 5`)
	p.must(`((now) => (performance.now = () => now() + 58_000, heard.length === 1))(performance.now.bind(performance))`)
	p.sees("That’s a minute, the most there is.")
	p.until("that nothing more is heard", `text() && heard.length === 1 && heard.every((track) => track.readyState === "ended")`)
	p.press("button", "Send the recording")
	other.has("button", "Play: Voice message, 1:00, not played yet")
	p.must(`delete performance.now`)
}

// holds keeps the mouse down on something meanwhile.
func (p *person) holds(role, name string, meanwhile func()) {
	p.t.Helper()
	x, y := p.point(role, name)
	button := func(kind input.DispatchMouseEventType) {
		p.do(call(input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, ClickCount: 1}))
	}
	p.do(mouse(input.DispatchMouseEventTypeMouseMoved, x, y))
	button(input.DispatchMouseEventTypeMousePressed)
	meanwhile()
	button(input.DispatchMouseEventTypeMouseReleased)
}
