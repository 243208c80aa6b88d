package bridge

import (
	"context"

	"parley/identity"
)

// typingCalls lists the methods of this file.
func (c *Core) typingCalls() map[string]call {
	return map[string]call{"typing": with(c.Typing)}
}

// Typing says that the person writes, or has stopped. It may be called at each key:
// the others are told every few seconds. Codes: unknown_room.
func (c *Core) Typing(ctx context.Context, p Typing) (Nothing, error) {
	cl, room, err := c.in(p.Room)
	if err != nil {
		return Nothing{}, err
	}
	return Nothing{}, cl.Typing(ctx, room, p.On)
}

// typing tells who writes in a room. It doesn't block.
func (n *news) typing(room identity.Room, accounts []identity.Account) {
	now := TypingNow{Room: string(room)}
	for _, a := range accounts {
		now.Accounts = append(now.Accounts, string(a))
	}
	n.put(subject{"typing", string(room)}, func() any { return now })
}
