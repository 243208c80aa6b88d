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
	Passkeys() (Passkeys, error)
	// RemovePasskey takes one off the account; last_passkey where nothing else
	// would prove it.
	RemovePasskey(OnePasskey) (Nothing, error)
	// SignOut ends this device: it is taken off the account's list if the server
	// can be reached and it isn't the last one, and everything here is erased.
	SignOut() (Boot, error)
	// ExportAccount returns everything that the server holds on the account.
	ExportAccount() (Export, error)
	// EraseAccount erases the account at the server for good, and everything here.
	EraseAccount(EraseAccount) (Boot, error)

	// Conversations.
	Rooms(Known) (Rooms, error)
	Room(InRoom) (Room, error)
	Start(Start) (Room, error) // opens, or makes, the conversation with some people
	SetRoom(SetRoom) (Nothing, error)
	SetDraft(Draft) (Nothing, error)
	DeleteRoom(InRooms) (Nothing, error) // here and on the own other devices; of a group one has to be out of it
	Accept(InRooms) (Nothing, error)
	Block(Accounts) (Nothing, error)
	Unblock(Accounts) (Nothing, error)
	Restrict(Accounts) (Nothing, error) // they may write, are shown with what is archived, and nothing of them is notified
	Unrestrict(Accounts) (Nothing, error)
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
	// OpenOnce says that a message to be viewed once is looked at: its attachments
	// are gone from then on, here and on the own other devices.
	OpenOnce(OneMessage) (Nothing, error)
	// BlobAccess is for uploading and downloading attachments.
	BlobAccess() (BlobAccess, error)

	// Stickers, links and posts.
	Stickers() (Stickers, error)
	SetPack(StickerPack) (Nothing, error) // makes one, or changes what it has; 1 to 24 stickers
	DeletePack(PackID) (Nothing, error)
	KeepSticker(Sticker) (Nothing, error) // among the favourites
	DropSticker(PackID) (Nothing, error)  // out of the favourites: the sticker's id
	Unfurl(Link) (LinkPreview, error)     // by the server, which learns the address
	ResolvePost(Link) (Post, error)

	// Warnings, which this device finds by itself and tells nobody.
	SetSafety(SafetyData) (Nothing, error)
	CheckLinks(ShownLinks) (CheckedLinks, error)

	// Groups.
	AddMembers(Members) (Nothing, error)
	RemoveMember(Member) (Nothing, error)
	SetRole(Role) (Nothing, error)
	Leave(InRoom) (Nothing, error)

	// Who can read this.
	Readers(InRoom) (Readers, error)
	Verify(Verify) (Nothing, error)
	ConfirmReset(Account) (Nothing, error)

	// AnswerCaptcha gives the server what the platform's page said that a refusal
	// named (Error.Captcha): the call can be made again then. bad_answer: it isn't taken.
	AnswerCaptcha(CaptchaAnswer) (Nothing, error)

	// Reports to the platform's safety desk, and what its operator has to say.
	Reporting() (Reporting, error)
	Reportables(InRoom) (Reportables, error)
	PreviewReport(Report) (ReportPreview, error)
	SendReport(Report) (Nothing, error) // kept here until it has left, whatever happens
	Notices() (Notices, error)
	ReadNotices(ReadNotices) (Nothing, error)
	Appeal(Appeal) (Nothing, error)

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
	Room(RoomNews)        // something in a conversation has changed
	Typing(TypingNow)     // somebody began or ended
	Connection(Connected) // to the server
	Settings(Settings)
	Stickers(Nothing) // the packs have changed
	Devices(Nothing)  // the own list, or who waits
	Notices(Nothing)  // the operator has said something, or a report has left: Notices again
	Notify(Notice)    // a message for which a notification may be shown: never of muted rooms, never when read already
}

// Nothing is a value without fields.
type Nothing struct{}

// An Error is a refused call. Code is one of wire's, or of those that Code lists.
type Error struct {
	Code    string `json:"code"`    // offline, queued, empty, too_long, not_text, unknown_room, unknown_message, not_member, wrong_passphrase, bad_code, last_device, confirm_reset, bad_params, request_pending, not_admin, nobody, signed_in, bad_name, not_yours, direct, unknown_device, no_reset, no_roles, too_many, blocked, in_group, no_number, view_once, no_desk, too_much, failed; why the operator's policy refuses (own_age, mutuals_only, group_size, group_strangers, operator); else wire's
	Message string `json:"message"` // one plain sentence in English; the page has its own for the codes it knows
	RetryMS int64  `json:"retry_ms,omitempty"`
	Captcha string `json:"captcha,omitempty"` // with challenge_required: the platform's page whose answer AnswerCaptcha takes
}

// A CaptchaAnswer is what the platform's page has found: opaque.
type CaptchaAnswer struct {
	Answer string `json:"answer"`
}
