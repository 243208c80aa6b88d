// Package bridge is what the page and the core say to each other: the calls that
// a page makes, the events that the core tells it, and the values of both. It is
// Go without a browser in it, so that all of it is tested without one; parleywasm
// connects it to a worker's messages.
//
// A call is a method with one value of parameters and one of result. Between page and
// worker they are JavaScript's own; into and out of Go they cross in CBOR, with the
// names of the json tags:
//
//	page → core   {"id": 7, "method": "send", "params": {"room": "…", "text": "hello"}}
//	core → page   {"id": 7, "result": {"id": "01…"}} or {"id": 7, "error": {"code": "offline", "message": "…"}}
//	core → pages  {"event": "room", "data": {"room": "…"}}
//
// Several pages share one core: each gets every event, and the answers to its own
// calls. The page keeps nothing: it draws what a call returned last, and calls again
// when an event says that something has changed.
//
// The types here are those of web/lib/core.ts, which is made from them: after a
// change run go run ./web/build -types.
package bridge

// Methods are the calls there are, with their parameters and results. It is what
// the TypeScript is generated from; a method without a parameter takes none.
type Methods interface {
	// Who is here. The first call of every page.
	Boot() (Boot, error)
	SignUp(SignUp) (Boot, error)
	SignIn(SignIn) (Boot, error)
	// PasskeyOptions is for navigator.credentials, which a worker doesn't have.
	PasskeyOptions(PasskeyUse) (Passkey, error)
	AddPasskey(PasskeyAnswer) (Nothing, error)
	// SignOut ends this device: it is taken off the account's list if the server
	// can be reached and it isn't the last one, and everything here is erased.
	SignOut() (Boot, error)

	// Conversations.
	Rooms() (Rooms, error)
	Room(InRoom) (Room, error)
	Start(Start) (Room, error) // opens, or makes, the conversation with some people
	SetRoom(SetRoom) (Nothing, error)
	SetDraft(Draft) (Nothing, error)
	DeleteRoom(InRooms) (Nothing, error) // here and on the own other devices; of a group one has to be out of it
	Accept(InRooms) (Nothing, error)
	Block(Accounts) (Nothing, error)
	Unblock(Accounts) (Nothing, error)
	Blocked() (People, error)

	// Messages.
	History(PageOf) (Page, error)
	Send(Send) (Sent, error)
	Edit(Edit) (Sent, error)
	Unsend(OneMessage) (Nothing, error)
	React(React) (Nothing, error) // Emoji empty: takes the own reaction back
	Forward(Forward) (Nothing, error)
	Retry(OneMessage) (Nothing, error)   // a failed one, again
	Discard(OneMessage) (Nothing, error) // a failed or queued one: never sent
	MarkRead(Read) (Nothing, error)
	Typing(Typing) (Nothing, error) // the own: at most every few seconds while one writes
	Search(Search) (Found, error)

	// Groups.
	AddMembers(Members) (Nothing, error)
	RemoveMember(Member) (Nothing, error)
	SetRole(Role) (Nothing, error)
	Leave(InRoom) (Nothing, error)

	// Who can read this.
	Readers(InRoom) (Readers, error)
	Verify(Verify) (Nothing, error)
	ConfirmReset(Account) (Nothing, error)

	// The own account.
	Profile() (Profile, error)
	SetProfile(Profile) (Nothing, error)
	Settings() (Settings, error)
	SetSettings(Settings) (Nothing, error)
	Devices() (Devices, error)
	ApproveDevice(Code) (Nothing, error)
	RemoveDevice(Device) (Nothing, error)
	CancelReset() (Nothing, error)
	Storage() (Storage, error)
	SubscribePush(Subscription) (Nothing, error)
	UnsubscribePush() (Nothing, error)
	// Healing counts what couldn't be read at once: for tests, and for people who
	// ask.
	Healing() (Healing, error)
}

// Events are what the core tells every page.
type Events interface {
	Boot(Boot)            // who is here has changed: signed in, approved, signed out, removed
	Rooms(Nothing)        // the list has changed: Rooms again
	Room(InRoom)          // something in a conversation has changed: Room, History again
	Typing(TypingNow)     // somebody began or ended
	Connection(Connected) // to the server
	Settings(Settings)
	Devices(Nothing) // the own list, or who waits
	Notify(Notice)   // a message for which a notification may be shown: never of muted rooms, never when read already
}

// Nothing is a value without fields.
type Nothing struct{}

// An Error is a refused call. Code is one of wire's, or of those that Code lists.
type Error struct {
	Code    string `json:"code"`    // offline, queued, empty, too_long, not_text, unknown_room, unknown_message, not_member, wrong_passphrase, bad_code, last_device, confirm_reset, bad_params, request_pending, not_admin, nobody, signed_in, bad_name, not_yours, direct, unknown_device, no_reset, no_roles, too_many, blocked, in_group, no_number, failed; else wire's
	Message string `json:"message"` // one plain sentence in English; the page has its own for the codes it knows
	RetryMS int64  `json:"retry_ms,omitempty"`
}
