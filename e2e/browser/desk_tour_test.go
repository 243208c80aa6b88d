package browser

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"parley/desk"
	"parley/desk/deskapi"
	"parley/desk/deskhttp"
	"parley/desk/desktest"
	"parley/internal/browsertest"
	"parley/report"
	"parley/web"
)

// newDeskTab gives somebody of a desk a browser profile with a device for passkeys.
func newDeskTab(t testing.TB, name string) *tab {
	t.Helper()
	profile, end := chromedp.NewContext(theChromium(t), chromedp.WithNewBrowserContext())
	t.Cleanup(end)
	if err := browsertest.Begin(profile, patience); err != nil {
		t.Fatal(err)
	}
	p := newTab(t, name, profile, new(hearing))
	p.authenticator()
	return p
}

// joins opens a one-time link, and makes a passkey.
func (p *tab) joins(link string) {
	p.t.Helper()
	p.do(chromedp.Navigate("about:blank"), chromedp.Navigate(link))
	p.press("button", "Make a passkey")
	p.hasNot("heading", "Welcome to the safety desk")
	if at := p.must("location.href"); strings.Contains(at, "invite") {
		p.t.Errorf("%s: the link's secret stays in the address: %s", p.name, at)
	}
}

// A deskTour goes through all views of a desk's page.
type deskTour struct {
	*tab
	scene *desktest.Scene
	link  string
	view  func(name string)
}

// newDeskTour begins a desk with people, reports and a page.
func newDeskTour(t *testing.T, view func(*tab, string)) *deskTour {
	t.Helper()
	need(t)
	s := desktest.New(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	s.Config.Origin = "http://localhost:" + port
	in, err := desk.InviteFirst(t.Context(), s.Config, deskapi.NewInvite{Name: "Nina", Role: deskapi.Lead})
	if err != nil {
		t.Fatal(err)
	}
	s.Open()
	files, err := fs.Sub(web.Files(), "desk")
	if err != nil {
		t.Fatal(err)
	}
	h, err := deskhttp.New(deskhttp.Config{Desk: s.Desk, Origin: s.Config.Origin, Page: deskhttp.Page(files)})
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: h}}
	server.Start()
	t.Cleanup(server.Close)
	o := &deskTour{tab: newDeskTab(t, "nina"), scene: s, link: in.Link}
	o.view = func(name string) { t.Helper(); view(o.tab, name) }
	return o
}

// newDesk is a tour whose person is signed in, and that looks at nothing on its way.
func newDesk(t *testing.T) *deskTour {
	t.Helper()
	o := newDeskTour(t, func(*tab, string) {})
	o.joins(o.link)
	o.has("heading", "Queue")
	return o
}

// getsCase has reports come in, and opens the case that a link of the queue leads to, until
// it shows something.
func (o *deskTour) getsCase(link, shows string, reports ...*report.Report) {
	o.t.Helper()
	o.getsReports(reports...)
	o.press("link", link)
	o.sees(shows)
}

// getsReports has reports come in, and the queue asked for anew.
func (o *deskTour) getsReports(reports ...*report.Report) {
	o.t.Helper()
	for _, r := range reports {
		o.scene.Send(r)
	}
	o.scene.Step()
	o.press("button", "Refresh")
}

func (o *deskTour) must0(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// deskPicture is a picture that somebody reports.
func deskPicture() []byte {
	img := image.NewRGBA(image.Rect(0, 0, 480, 300))
	for y := range 300 {
		for x := range 480 {
			img.Set(x, y, color.RGBA{uint8(x / 2), uint8(255 - y/2), uint8((x ^ y) & 127), 255})
		}
	}
	var out bytes.Buffer
	_ = png.Encode(&out, img)
	return out.Bytes()
}
