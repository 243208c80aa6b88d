package main

import (
	"bufio"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The private port of a server that bench started tells what the system doesn't:
// how often the store made something durable.

// privateLine is what the server says of it.
var privateLine = regexp.MustCompile(`^parley: private port on (http://[0-9.]+:[0-9]+)$`)

// syncMetrics count what was made durable: one sync, or one transaction, each.
var syncMetrics = []string{"parley_store_groups_total"}

// syncs returns how often the child's store has made something durable; false
// where it doesn't say.
func (c *benchProcess) syncs() (float64, bool) {
	c.mu.Lock()
	private := c.private
	c.mu.Unlock()
	if private == "" {
		return 0, false
	}
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(private + "/metrics")
	if err != nil {
		return 0, false
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if slices.Contains(syncMetrics, name) {
			n, err := strconv.ParseFloat(value, 64)
			return n, err == nil
		}
	}
	return 0, false
}
