// Package browser drives the built page in a real Chromium, as the people who use
// it would, against a real server: each person has a browser profile of their own
// and goes by what the page says and how it names its buttons and fields.
//
// Beside the tests it makes screenshots (make screenshots) and measures (make
// bench-browser).
package browser
