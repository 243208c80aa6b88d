package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"parley/client"
	"parley/content"
)

var openCommand = command{
	name: "open", usage: "open ID [N]",
	summary: "Look at a photo, play a video or a voice message, with the system's program.",
	more: `
The program is what the system has for such files, or that of the variable
PARLEY_OPENER. It gets a copy, under the name of what the file is, whatever its
sender calls it. The copy is deleted when Enter is pressed or, without a terminal,
when the program ends. What can be looked at once is gone with that.

Of other files only texts and PDFs are opened: save what you trust.`,
	run: runOpen,
}

// openerVar is the variable that names the program to open files with.
const openerVar = "PARLEY_OPENER"

var errUnsafe = errors.New("files of this kind aren't opened: save it, if you trust who sent it (unsafe_type)")

func runOpen(ctx context.Context, p *program, args []string) error {
	rest, err := parse(newFlags("open"), args)
	if err != nil {
		return err
	}
	which, err := parseAttachment(rest)
	if err != nil {
		return err
	}
	return p.withClient(ctx, func(c *client.Client) error { return p.openAttachment(ctx, c, which) })
}

// openAttachment shows the first attachment that a reference names.
func (p *program) openAttachment(ctx context.Context, c *client.Client, which attachmentRef) error {
	all, err := which.of(ctx, c)
	if err != nil {
		return err
	}
	n := all.numbers[0]
	a := all.attachments[n]
	name, ok := openName(&a)
	if !ok {
		return errUnsafe
	}
	opener := p.opener()
	program, err := exec.LookPath(opener[0])
	if err != nil { // before anything is looked at that can be once
		return fmt.Errorf("there is no program %q to open files with: set %s (no_opener)", opener[0], openerVar)
	}
	dir, err := os.MkdirTemp("", "parley-open-")
	if err != nil {
		return plainPath(err)
	}
	defer os.RemoveAll(dir)
	a.Name = name
	path, err := p.saveOne(ctx, c, which.id, n, &a, dir)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, program, append(opener[1:], path)...)
	cmd.Env, cmd.Stdout, cmd.Stderr = withoutOurs(os.Environ()), p.stderr, p.stderr
	if err := cmd.Run(); err != nil {
		return errors.New("the program that opens files failed (opener_failed)")
	}
	p.untilDone()
	return nil
}

// openName returns the name under which an attachment is opened, unless it is of a
// kind that may do more than be looked at.
func openName(a *client.Attachment) (string, bool) {
	word := roleWord(a.Role)
	known := extensions[a.Type]
	if len(known) == 0 || a.Role == content.RoleFile && a.Type != "application/pdf" && a.Type != "text/plain" {
		return "", false
	}
	return word + known[0], true
}

// opener returns the program that opens files, and its first arguments.
func (p *program) opener() []string {
	if v := p.getenv(openerVar); v != "" {
		return []string{v}
	}
	switch runtime.GOOS {
	case "darwin":
		return []string{"open", "-W"}
	case "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	return []string{"xdg-open"}
}

// withoutOurs returns an environment without our variables: one is the passphrase.
func withoutOurs(env []string) (out []string) {
	for _, v := range env {
		if !strings.HasPrefix(v, "PARLEY_") {
			out = append(out, v)
		}
	}
	return out
}

// untilDone waits until the person has looked: programs that open files mostly end
// at once and leave that to others.
func (p *program) untilDone() {
	if !p.interactive() {
		return
	}
	p.note("Enter: done, and the copy is deleted")
	_, _ = bufio.NewReader(p.stdin).ReadString('\n')
}
