package main

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	"parley/cmd/parley/internal/page"
	"parley/web"
	"parley/wire"
)

// face returns what the public port answers: the API for clients and, beside it,
// the page for browsers.
func (s *running) face() (http.Handler, error) {
	cfg := s.cfg.page
	if !cfg.on {
		return s.api, nil
	}
	files, fresh := web.Files(), cfg.dir != ""
	if fresh {
		if info, err := os.Stat(cfg.dir); err != nil || !info.IsDir() {
			return nil, fmt.Errorf("web_dir: %s is not a directory (web_dir)", cfg.dir)
		}
		files = os.DirFS(cfg.dir)
	}
	h, err := page.New(files, page.Options{
		Origins: s.origins(), Parents: cfg.parents, Frames: s.cfg.frames(), Fresh: fresh, Logger: s.log, Address: clientAddress(s.cfg.proxies),
	})
	if err != nil {
		return nil, fmt.Errorf("the page: %w (page)", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, wire.PathPrefix) {
			s.api.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	}), nil
}

// frames are what the page may show in a frame: the platform's players and its captcha.
// A source of the Content-Security-Policy has no query.
func (c *serveConfig) frames() []string {
	all := slices.Clone(c.links.players)
	if c.policy.captchaPage != "" {
		page, _, _ := strings.Cut(c.policy.captchaPage, "?")
		all = append(all, page)
	}
	return all
}
