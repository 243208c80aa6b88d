// Package desk is a platform's safety desk: the one place where reports are opened.
// It takes sealed reports from the server's admin API, opens and verifies them, and
// keeps cases, decisions, appeals and staff. What it decides, the server enforces.
//
//	server ── Reports ──► intake ── Open, Verify ──► case ── a person decides ──► tasks ──► server
//	                                                   │              │
//	                                                   └── every look, every decision: the audit log, first
//
// Two rules hold everything together:
//
//   - Nothing is shown and nothing takes effect before a line of the audit log that
//     tells of it is durable. Without the log there is no desk.
//   - What the log has, happened; what it doesn't have, didn't. A change is written
//     down as an intent, then the log's line, then the change: after a crash an
//     intent whose line is there is carried out, and another one is forgotten.
//
// docs/design/0022-desk.md says why.
package desk
