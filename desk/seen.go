package desk

import (
	"fmt"
	"strconv"
	"strings"

	"parley/desk/deskapi"
)

// seen names what a look at a case shows: how many reports, and how many decisions. Both
// only grow while it isn't decided, and neither is ever exchanged.
func (c *caseRecord) seen() string { return fmt.Sprintf("%d.%d", len(c.Reports), len(c.Decisions)) }

// unchanged refuses where a case has more than whoever decides it has seen: a report that
// joined it meanwhile, or a colleague's proposal that was refused. It is compared where the
// decision is written, so that nothing comes between.
func (c *caseRecord) unchanged(seen string) error {
	first, second, _ := strings.Cut(seen, ".")
	reports, err := strconv.Atoi(first)
	if err != nil {
		return invalid("Say what of the case you have seen: open it first.")
	}
	decisions, err := strconv.Atoi(second)
	if err != nil {
		return invalid("Say what of the case you have seen: open it first.")
	}
	switch more := len(c.Reports) - reports; {
	case more == 1:
		return refuse(deskapi.Stale, "1 report was added since you looked. Look at it before you decide.")
	case more > 1:
		return refuse(deskapi.Stale, fmt.Sprintf("%d reports were added since you looked. Look at them before you decide.", more))
	case more < 0 || len(c.Decisions) != decisions:
		return refuse(deskapi.Stale, "The case isn't as you saw it: a colleague has proposed a decision since. Look at it before you decide.")
	}
	return nil
}
