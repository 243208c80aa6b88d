package bridge

// A Person is somebody as this device knows them.
type Person struct {
	Account    string `json:"account"` // URI
	Name       string `json:"name"`    // at its domain
	Display    string `json:"display"` // of their profile, else Name
	Picture    string `json:"picture,omitempty"`
	Own        bool   `json:"own"`
	Known      bool   `json:"known"` // accepted: their links can be clicked
	Blocked    bool   `json:"blocked"`
	Restricted bool   `json:"restricted"` // may write, and is set apart
	Verified   bool   `json:"verified"`   // the safety number was compared, and is the same since
}

// People are some.
type People struct {
	People []Person `json:"people"`
}

// Account names an account: its URI, or its name at the own domain.
type Account struct {
	Account string `json:"account"`
}

// Accounts are some: see Account.
type Accounts struct {
	Accounts []string `json:"accounts"`
}

// InRoom names a conversation by its URI.
type InRoom struct {
	Room string `json:"room"`
}

// InRooms are some.
type InRooms struct {
	Rooms []string `json:"rooms"`
}

// Known says what a page has of the list: the Edition of the Rooms that it got last;
// 0: nothing.
type Known struct {
	Edition int64 `json:"edition"`
}

// Rooms are all conversations: pinned first, then by at_ms, then by room. If it is a
// Part, Rooms and Requests have only the lines that are another than in the edition
// that the page knows, and Gone the conversations that aren't in either any more.
type Rooms struct {
	Edition  int64      `json:"edition"`
	Part     bool       `json:"part"`
	Gone     []string   `json:"gone"`     // URIs
	Rooms    []RoomLine `json:"rooms"`    // accepted, archived ones too
	Requests []RoomLine `json:"requests"` // of strangers, waiting
	Unread   int        `json:"unread"`   // conversations with something unread that aren't muted or archived: the badge
}

// A RoomLine is a conversation in the list.
type RoomLine struct {
	Room     string   `json:"room"` // URI
	Direct   bool     `json:"direct"`
	Title    string   `json:"title"`  // of a group; or the other's display name
	People   []Person `json:"people"` // of a direct one the other; of a group at most 4 others, for its picture
	Picture  string   `json:"picture,omitempty"`
	Last     *Line    `json:"last,omitempty"`
	AtMS     int64    `json:"at_ms"`
	Unread   int      `json:"unread"`
	Mention  bool     `json:"mention"` // something unread mentions one
	Draft    string   `json:"draft,omitempty"`
	Pinned   bool     `json:"pinned"`
	Muted    bool     `json:"muted"`
	Archived bool     `json:"archived"`
	Active   bool     `json:"active"` // false: one is out of it
	Typing   []string `json:"typing"` // accounts
}

// A Line is the last message in the list.
type Line struct {
	Who   string `json:"who,omitempty"` // display name, in groups; empty for the own
	Own   bool   `json:"own"`
	Kind  string `json:"kind"` // as Message.Kind
	Text  string `json:"text"` // without markup, at most 200 runes
	State State  `json:"state"`
	Glimpse

	Notice  string `json:"notice,omitempty"`  // as Message.Notice
	Subject string `json:"subject,omitempty"` // display name
}

// A Room is a conversation that is open.
type Room struct {
	RoomLine
	Members    []RoomMember `json:"members"`     // all, the own account included
	Request    bool         `json:"request"`     // it waits to be accepted here
	Pending    bool         `json:"pending"`     // the other one hasn't accepted: one message is all that can be sent
	TimerS     int          `json:"timer_s"`     // messages disappear so many seconds after they are read; 0: never
	MutedMS    int64        `json:"muted_ms"`    // until then; -1: for ever
	Veiled     bool         `json:"veiled"`      // what the others send beside text is covered, and not fetched, until it is wanted
	FirstNew   uint64       `json:"first_new"`   // the number of the first unread message when it was asked for, 0: none
	Problem    string       `json:"problem"`     // a calm sentence's key, empty: none. catching_up, confirm_reset
	MayAdd     bool         `json:"may_add"`     // one may add people
	MayManage  bool         `json:"may_manage"`  // one may remove people and give roles
	MaySend    bool         `json:"may_send"`    // else Problem, Request or Active say why
	ResetOf    []Person     `json:"reset_of"`    // who has to be confirmed first: ConfirmReset
	ReadByAll  uint64       `json:"read_by_all"` // the number up to which every other account has read
	Supervised string       `json:"supervised"`  // the operator's agent, empty: private
}

// A RoomMember is a person in a conversation.
type RoomMember struct {
	Person
	Role string `json:"role"` // admin, member
}

// Start opens the conversation with these people: one name is a direct one, also
// the own. A group is new each time, and has a Title.
type Start struct {
	Names   []string `json:"names"`
	Group   bool     `json:"group"`
	Title   string   `json:"title,omitempty"`
	Picture string   `json:"picture,omitempty"` // as of a Profile
}

// SetRoom changes what is given. Pinned, MutedMS, Archived and Veiled are the own devices'
// own; Title, Picture and TimerS are everyone's in the conversation.
type SetRoom struct {
	Room     string  `json:"room"`
	Pinned   *bool   `json:"pinned,omitempty"`
	MutedMS  *int64  `json:"muted_ms,omitempty"` // Unix milliseconds; 0: not, -1: for ever
	Archived *bool   `json:"archived,omitempty"`
	Veiled   *bool   `json:"veiled,omitempty"`
	Title    *string `json:"title,omitempty"`
	Picture  *string `json:"picture,omitempty"`
	TimerS   *int    `json:"timer_s,omitempty"`
}

// A Draft is what isn't sent yet; empty: none.
type Draft struct {
	Room string `json:"room"`
	Text string `json:"text"`
}

// Members adds people.
type Members struct {
	Room  string   `json:"room"`
	Names []string `json:"names"`
}

// A Member is a person in a room.
type Member struct {
	Room    string `json:"room"`
	Account string `json:"account"`
}

// A Role is given.
type Role struct {
	Room    string `json:"room"`
	Account string `json:"account"`
	Role    string `json:"role"` // admin, member
}

// Readers are who can read a conversation: every leaf of its group.
type Readers struct {
	People []Reader `json:"people"`
	Mode   string   `json:"mode"`  // private, supervised
	Epoch  uint64   `json:"epoch"` // of the group
	Suite  string   `json:"suite"` // of the group, for people
}

// A Reader is a person with their devices.
type Reader struct {
	Person
	Devices      []ReaderDevice `json:"devices"`
	SinceMS      int64          `json:"since_ms"`      // in the conversation; 0: not known
	SafetyNumber string         `json:"safety_number"` // 60 digits, empty for the own account
	QR           string         `json:"qr"`            // rows of 0 and 1, joined by \n: what the other's camera reads
	Changed      bool           `json:"changed"`       // it was verified, and isn't the same any more
}

// A ReaderDevice is a leaf of the group.
type ReaderDevice struct {
	Device  string `json:"device"` // URI
	Name    string `json:"name"`   // as its owner's list says
	AddedMS int64  `json:"added_ms"`
	This    bool   `json:"this"`
}

// Verify says that a safety number was compared, or that it no longer counts.
type Verify struct {
	Account  string `json:"account"`
	Verified bool   `json:"verified"`
	Number   string `json:"number,omitempty"` // that was compared, as it was shown; refused with no_number if it is another one by now
}

// TypingNow says who writes.
type TypingNow struct {
	Room     string   `json:"room"`
	Accounts []string `json:"accounts"`
}
