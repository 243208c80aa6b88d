package bridge

// A State says how far an own message has come; it is never ahead of what is known.
type State string

// The states.
const (
	StateQueued    State = "queued"
	StateSent      State = "sent"
	StateDelivered State = "delivered"
	StateRead      State = "read"
	StateFailed    State = "failed"
	StateReceived  State = "received" // of others
)

// A Message is a line of a conversation as it is now.
type Message struct {
	ID        string     `json:"id"`
	Seq       uint64     `json:"seq"`  // in the room; 0 while queued. Notices of one commit share it
	Part      int        `json:"part"` // tells those apart: (seq, part) is a line's place
	From      string     `json:"from"` // account
	Own       bool       `json:"own"`
	AtMS      int64      `json:"at_ms"`
	Kind      string     `json:"kind"` // text, notice, unknown, unreadable
	Text      string     `json:"text"` // GFM-MIMI Markdown unless Plain; of a notice empty
	Plain     bool       `json:"plain"`
	State     State      `json:"state"`
	Edited    bool       `json:"edited"`
	Unsent    bool       `json:"unsent"`
	Blocked   bool       `json:"blocked"` // of somebody in a group who is blocked: it shows only where the person opens it
	Forwarded bool       `json:"forwarded"`
	Reply     *Quote     `json:"reply,omitempty"`
	Reactions []Reaction `json:"reactions"`
	Mentions  []Mention  `json:"mentions"`   // in Text
	ExpiresMS int64      `json:"expires_ms"` // it disappears then; 0: not, or not yet read
	TimerS    int        `json:"timer_s"`

	Attachments []Attachment `json:"attachments"` // empty where they aren't to be shown: see Opened, Withheld
	ViewOnce    bool         `json:"view_once"`
	Opened      bool         `json:"opened"`   // of a ViewOnce one: it was looked at, here or on another own device, or is one's own; its attachments are gone
	Withheld    bool         `json:"withheld"` // a stranger's: what is beside its text shows once the conversation is accepted
	Glimpse
	Sticker *Sticker     `json:"sticker,omitempty"`
	Preview *LinkPreview `json:"preview,omitempty"`
	Post    *Post        `json:"post,omitempty"`

	Nudges []Nudge `json:"nudges"` // what it looks like, as far as this device can tell; only on a page of a conversation

	Notice  string `json:"notice,omitempty"`  // opened, joined, left, removed, device_added, device_removed, reset, rejoined, generation, title, picture, timer, role, verified_changed, expired
	Subject string `json:"subject,omitempty"` // of a notice: an account or device
	Value   string `json:"value,omitempty"`   // of a notice: the title, the seconds, the role
}

// A Quote is the message that another one answers.
type Quote struct {
	ID   string `json:"id"`
	Seq  uint64 `json:"seq"`
	From string `json:"from"`
	Text string `json:"text"` // without markup, at most 200 runes
	Glimpse
	Post    *Post `json:"post,omitempty"` // so that its card stays in view
	Blocked bool  `json:"blocked"`        // as of a Message: then there is no text
	Unsent  bool  `json:"unsent"`
	Gone    bool  `json:"gone"` // it isn't here
}

// A Reaction is one emoji on a message.
type Reaction struct {
	Emoji string   `json:"emoji"`
	From  []string `json:"from"` // accounts, in order of arrival
	Own   bool     `json:"own"`
}

// A Mention is a person in a text: the bytes from Start to End of the UTF-8.
type Mention struct {
	Account string `json:"account"`
	Start   int    `json:"start"`
	End     int    `json:"end"`
}

// PageOf asks for a part of a conversation: the Limit (1 to 200) messages before
// (seq) Before, or after After, or around message Around, or the newest.
type PageOf struct {
	Room   string `json:"room"`
	Before uint64 `json:"before,omitempty"`
	After  uint64 `json:"after,omitempty"`
	Around string `json:"around,omitempty"`
	Limit  int    `json:"limit"`
}

// A Page is in order, oldest first. What is queued is part of the newest page.
type Page struct {
	Messages []Message `json:"messages"`
	Older    bool      `json:"older"` // there is more before
	Newer    bool      `json:"newer"` // there is more after

	// People are those whom the messages name and who aren't members (any more), at
	// most 64.
	People []Person `json:"people"`
}

// Send sends. Text is what a person wrote, with "@name" where Mentions say.
type Send struct {
	Room     string    `json:"room"`
	Text     string    `json:"text"`
	Reply    string    `json:"reply,omitempty"` // a message's id
	Mentions []Mention `json:"mentions,omitempty"`

	Attachments []Attachment `json:"attachments,omitempty"` // at most 64 that are uploaded; Text is their caption then, and may be empty
	ViewOnce    bool         `json:"view_once,omitempty"`   // of one photo, video or voice note
	Sticker     *Sticker     `json:"sticker,omitempty"`     // without a text
	Preview     *LinkPreview `json:"preview,omitempty"`
	Post        *Post        `json:"post,omitempty"`
}

// Sent is the message's id. It is kept, whatever happens next.
type Sent struct {
	ID string `json:"id"`
}

// Edit replaces the text of an own message.
type Edit struct {
	ID       string    `json:"id"`
	Text     string    `json:"text"`
	Mentions []Mention `json:"mentions,omitempty"`
}

// OneMessage names a message.
type OneMessage struct {
	ID string `json:"id"`
}

// React reacts to a message.
type React struct {
	ID    string `json:"id"`
	Emoji string `json:"emoji"`
}

// Forward sends a message's text and attachments to other conversations, at most 20
// or what BlobLimits says.
type Forward struct {
	ID    string   `json:"id"`
	Rooms []string `json:"rooms"`
}

// Read says that a person has seen a conversation up to a number.
type Read struct {
	Room string `json:"room"`
	Seq  uint64 `json:"seq"`
}

// Typing says that the person writes, or has stopped.
type Typing struct {
	Room string `json:"room"`
	On   bool   `json:"on"`
}

// Search looks for text in everything that this device can read.
type Search struct {
	Text  string `json:"text"`
	Room  string `json:"room,omitempty"` // only there
	Limit int    `json:"limit"`          // 1 to 100
}

// Found is the newest first; people and rooms by name come from the list.
type Found struct {
	Hits []Hit `json:"hits"`
	More bool  `json:"more"`
}

// A Hit is a message that was found.
type Hit struct {
	Room  string `json:"room"`
	Title string `json:"title"`
	ID    string `json:"id"`
	Seq   uint64 `json:"seq"`
	From  string `json:"from"` // display name
	Own   bool   `json:"own"`
	AtMS  int64  `json:"at_ms"`
	Text  string `json:"text"`  // around what was found, without markup
	Start int    `json:"start"` // of what was found, in UTF-16 units of Text
	End   int    `json:"end"`
}

// A Notice is for a notification.
type Notice struct {
	Room  string `json:"room"`
	ID    string `json:"id"`
	Title string `json:"title"`
	Text  string `json:"text"` // without markup, what is beside it in English; empty, as what follows, if Settings.Previews is off
	Glimpse
	Caption string `json:"caption,omitempty"` // of one with Media: Text without it
	From    string `json:"from,omitempty"`    // in a group: who wrote it
}
