//go:build !js

package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/backgroundservice"
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"
)

// installed registers the service worker and waits until it has the page.
func (b *tab) installed() {
	b.t.Helper()
	b.js(`startOffline(() => {}).then(() => navigator.serviceWorker.ready)`)
	b.until(`navigator.serviceWorker.controller !== null`)
}

// Without a server the page starts from the cache, with what this device keeps, and
// what is sent waits.
func TestOfflineStart(t *testing.T) {
	s := newSite(t)
	b := s.browser("")
	b.signUp("ada")
	b.installed()
	s.stop()
	b.do(navigate(s.url))
	out := b.js(`core.then((c) => c.boot())`)
	if !strings.Contains(out, `"phase":"ready"`) || !strings.Contains(out, `"name":"ada"`) {
		t.Errorf("boot without a server = %s; want ready", out)
	}
	b.until(`core.then((c) => c.boot()).then((x) => x.online.state === "offline")`)
}

// pushed has the browser deliver an empty push to the service worker of the page.
func (b *tab) pushed(s *site) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 60*time.Second)
	defer cancel()
	events := chromedp.Events(ctx, serviceworker.WorkerRegistrationUpdated)
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, serviceworker.Enable, cdp.Empty{})
		return err
	}))
	for e, err := range events {
		if err != nil {
			b.t.Fatal(err)
		}
		for _, r := range e.Registrations {
			if !strings.HasPrefix(r.ScopeURL, s.url) {
				continue
			}
			b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
				_, err := cdp.Call(ctx, t, serviceworker.DeliverPushMessage, serviceworker.DeliverPushMessageParams{Origin: s.url, RegistrationID: r.RegistrationID})
				return err
			}))
			return
		}
	}
	b.t.Fatal("there is no service worker")
}

// A push wakes the service worker, which reads what there is with the core and shows
// it, although no page is open.
func TestPush(t *testing.T) {
	s := newSite(t)
	ada, bob := s.browser(""), s.browser("")
	ada.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: "notifications"}, Setting: browser.PermissionSettingGranted, Origin: s.url,
		})
		return err
	}))
	ada.signUp("ada")
	bob.signUp("bob")
	ada.installed()
	room := ada.startWith("bob")
	ask[object](ada, "send", object{"room": room, "text": "hello"})
	bob.until(`core.then((c) => c.rooms()).then((r) => r.requests.length + r.rooms.length === 1)`)
	bob.js(fmt.Sprintf(`core.then((c) => c.accept({rooms: [%q]}))`, room))
	ada.until(fmt.Sprintf(`core.then((c) => c.room({room: %q})).then((r) => !r.pending)`, room))
	ada.do(navigate("about:blank")) // no page of ours is open any more
	ask[object](bob, "send", object{"room": room, "text": "are you **there**?"})
	bob.until(fmt.Sprintf(`core.then((c) => c.history({room: %q, limit: 9})).then((p) => p.messages.some((m) => m.own && m.state !== "queued"))`, room))
	out := ada.shown(func() { ada.pushed(s) })
	if !strings.Contains(out, `"bob"`) || !strings.Contains(out, "are you there?") {
		t.Errorf("shown: %s; want bob's message", out)
	}
}

// shown returns what the browser notes of the first notification that is displayed
// after do: no page has to be open for it.
func (b *tab) shown(do func()) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 60*time.Second)
	defer cancel()
	events := chromedp.Events(ctx, backgroundservice.BackgroundServiceEventReceived)
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		const name = backgroundservice.ServiceNameNotifications
		if _, err := cdp.Call(ctx, t, backgroundservice.StartObserving, backgroundservice.StartObservingParams{Service: name}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, backgroundservice.SetRecording, backgroundservice.SetRecordingParams{ShouldRecord: true, Service: name})
		return err
	}))
	do()
	for e, err := range events {
		if err != nil {
			b.t.Fatalf("no notification was displayed: %v", err)
		}
		if strings.Contains(e.BackgroundServiceEvent.EventName, "displayed") {
			var out []string
			for _, m := range e.BackgroundServiceEvent.EventMetadata {
				out = append(out, fmt.Sprintf("%s: %q", m.Key, m.Value))
			}
			return strings.Join(out, ", ")
		}
	}
	b.t.Fatal("no notification was displayed")
	return ""
}
