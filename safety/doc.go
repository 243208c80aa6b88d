// Package safety finds what a device warns its person of: links that mislead, and
// messages that look like a scam, harassment or blackmail with pictures. It reads what
// this device can read anyway, and tells nobody: there is no way out of this package
// but its results, which are for the screen. It is pure: no clock, no network, no files.
//
// Findings are hints. Nothing is hidden or refused because of one.
package safety
