package main

import (
	"slices"
	"strings"
	"testing"
)

// TestLinkSettings: what leads a fetch or a frame astray isn't taken.
func TestLinkSettings(t *testing.T) {
	for _, test := range []struct {
		key, value string
		good       bool
	}{
		{"unfurl", "off", true},
		{"unfurl", "maybe", false},
		{"unfurl_inner", "wiki.corp.example:8080,10.0.0.7:80", true},
		{"unfurl_inner", "wiki.corp.example", false},
		{"platform_hosts", "video.example.org, 127.0.0.1:9000", true},
		{"platform_hosts", "https://video.example.org", false},
		{"platform_oembed", "https://video.example.org/oembed?key=1", true},
		{"platform_oembed", "http://127.0.0.1:9000/oembed", true},
		{"platform_oembed", "http://video.example.org/oembed", false},
		{"platform_players", "https://video.example.org/embed/", true},
		{"platform_players", "https://video.example.org", false},
		{"platform_players", "https://video.example.org/a;script-src", false},
		{"platform_players", "https://video.example.org/a 'unsafe-inline'", false},
		{"platform_players", "http://video.example.org/embed/", false},
		{"platform_players", "javascript:alert(1)", false},
		{"captcha_page", "https://video.example.org/check?site=7", true},
		{"captcha_page", "https://video.example.org", false},
		{"captcha_page", "https://video.example.org/a;script-src", false},
		{"captcha_page", "http://video.example.org/check", false},
	} {
		i := slices.IndexFunc(settings, func(s setting) bool { return s.key == test.key })
		c := defaultConfig()
		if err := settings[i].set(&c, test.value); (err == nil) != test.good {
			t.Errorf("%s = %q: got %v, want good %v", test.key, test.value, err, test.good)
		}
	}
	c := defaultConfig()
	c.links.platform = "Video"
	if wrong := c.contradictions(); !strings.Contains(wrong.Error(), "platform_hosts") {
		t.Errorf("a platform without hosts: %v", wrong)
	}
	c.links.hosts, c.links.players, c.origins = []string{"dm.example.org"}, []string{"https://dm.example.org/embed/"}, []string{"https://dm.example.org"}
	if wrong := c.contradictions(); !strings.Contains(wrong.Error(), "origin") {
		t.Errorf("a player at the page's own origin: %v", wrong)
	}
	c.links, c.policy.captchaPage = linkConfig{}, "https://dm.example.org/check?site=7"
	if wrong := c.contradictions(); !strings.Contains(wrong.Error(), "captcha_page") {
		t.Errorf("a captcha at the page's own origin: %v", wrong)
	}
	c.links.players, c.policy.captchaPage = []string{"https://video.example.org/embed/"}, "https://who.example.org/check?site=7"
	if got, want := c.frames(), []string{"https://video.example.org/embed/", "https://who.example.org/check"}; !slices.Equal(got, want) {
		t.Errorf("the page may frame %q; want %q", got, want)
	}
}
