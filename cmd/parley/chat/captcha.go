package chat

import (
	"context"
	"net/url"

	tea "charm.land/bubbletea/v2"

	"parley/client"
)

// maxPage bounds the address of a platform's page that is shown, in bytes.
const maxPage = 1024

// CaptchaPage returns the address of the platform's page at which a person is asked to answer, as it may be
// shown; empty for what a browser shouldn't be led to: not https://, or http:// of this machine.
func CaptchaPage(address string) string {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxPage || u.Host == "" || u.User != nil || SanitizeLine(address) != address {
		return ""
	}
	if u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "127.0.0.1" && u.Hostname() != "localhost") {
		return ""
	}
	return u.String()
}

// captcha returns where the platform asks for a person's answer, or nothing.
func (m *model) captcha() string { return CaptchaPage(m.client.AskedCaptcha()) }

// askCaptcha asks for what the platform's page shows.
func (m *model) askCaptcha() {
	page := m.captcha()
	if page == "" || m.mode == modePrompt || m.mode == modeConfirm {
		return
	}
	back := m.mode
	m.mode, m.status = modePrompt, ""
	label := "Open " + page + " in a browser, and type the answer that it shows: "
	m.prompt = prompt{label: label, back: back, answer: func(text string) tea.Cmd {
		if text == "" {
			return nil
		}
		return m.enqueue(job{success: "Answered: what waited is on its way, what came back can be sent again", run: func(ctx context.Context) (client.MessageID, error) {
			return client.MessageID{}, m.client.AnswerCaptcha(ctx, text)
		}})
	}}
}
