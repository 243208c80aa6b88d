// Made by go run ./web/build -types from package bridge: change that, not this.

/**
 * Methods are the calls there are, with their parameters and results. It is what
 * the TypeScript is generated from; a method without a parameter takes none.
 */
export interface Methods {
  /** Who is here. The first call of every page. */
  boot(): Promise<Boot>;
  signUp(p: SignUp): Promise<Boot>;
  signIn(p: SignIn): Promise<Boot>;
  /** PasskeyOptions is for navigator.credentials, which a worker doesn't have. */
  passkeyOptions(p: PasskeyUse): Promise<Passkey>;
  addPasskey(p: PasskeyAnswer): Promise<void>;
  /**
   * SignOut ends this device: it is taken off the account's list if the server
   * can be reached and it isn't the last one, and everything here is erased.
   */
  signOut(): Promise<Boot>;
  /** Conversations. */
  rooms(): Promise<Rooms>;
  room(p: InRoom): Promise<Room>;
  /** opens, or makes, the conversation with some people */
  start(p: Start): Promise<Room>;
  setRoom(p: SetRoom): Promise<void>;
  setDraft(p: Draft): Promise<void>;
  /** here and on the own other devices; of a group one has to be out of it */
  deleteRoom(p: InRooms): Promise<void>;
  accept(p: InRooms): Promise<void>;
  block(p: Accounts): Promise<void>;
  unblock(p: Accounts): Promise<void>;
  blocked(): Promise<People>;
  /** Messages. */
  history(p: PageOf): Promise<Page>;
  send(p: Send): Promise<Sent>;
  edit(p: Edit): Promise<Sent>;
  unsend(p: OneMessage): Promise<void>;
  /** Emoji empty: takes the own reaction back */
  react(p: React): Promise<void>;
  forward(p: Forward): Promise<void>;
  /** a failed one, again */
  retry(p: OneMessage): Promise<void>;
  /** a failed or queued one: never sent */
  discard(p: OneMessage): Promise<void>;
  markRead(p: Read): Promise<void>;
  /** the own: at most every few seconds while one writes */
  typing(p: Typing): Promise<void>;
  search(p: Search): Promise<Found>;
  /** Groups. */
  addMembers(p: Members): Promise<void>;
  removeMember(p: Member): Promise<void>;
  setRole(p: Role): Promise<void>;
  leave(p: InRoom): Promise<void>;
  /** Who can read this. */
  readers(p: InRoom): Promise<Readers>;
  verify(p: Verify): Promise<void>;
  confirmReset(p: Account): Promise<void>;
  /** The own account. */
  profile(): Promise<Profile>;
  setProfile(p: Profile): Promise<void>;
  settings(): Promise<Settings>;
  setSettings(p: Settings): Promise<void>;
  devices(): Promise<Devices>;
  approveDevice(p: Code): Promise<void>;
  removeDevice(p: Device): Promise<void>;
  cancelReset(): Promise<void>;
  storage(): Promise<Storage>;
  subscribePush(p: Subscription): Promise<void>;
  unsubscribePush(): Promise<void>;
  /**
   * Healing counts what couldn't be read at once: for tests, and for people who
   * ask.
   */
  healing(): Promise<Healing>;
}

/** The names of all methods. */
export const methodNames: readonly (keyof Methods)[] = [
  "boot",
  "signUp",
  "signIn",
  "passkeyOptions",
  "addPasskey",
  "signOut",
  "rooms",
  "room",
  "start",
  "setRoom",
  "setDraft",
  "deleteRoom",
  "accept",
  "block",
  "unblock",
  "blocked",
  "history",
  "send",
  "edit",
  "unsend",
  "react",
  "forward",
  "retry",
  "discard",
  "markRead",
  "typing",
  "search",
  "addMembers",
  "removeMember",
  "setRole",
  "leave",
  "readers",
  "verify",
  "confirmReset",
  "profile",
  "setProfile",
  "settings",
  "setSettings",
  "devices",
  "approveDevice",
  "removeDevice",
  "cancelReset",
  "storage",
  "subscribePush",
  "unsubscribePush",
  "healing",
];

/** Events are what the core tells every page. */
export interface Events {
  /** who is here has changed: signed in, approved, signed out, removed */
  boot: Boot;
  /** the list has changed: Rooms again */
  rooms: Nothing;
  /** something in a conversation has changed: Room, History again */
  room: InRoom;
  /** somebody began or ended */
  typing: TypingNow;
  /** to the server */
  connection: Connected;
  settings: Settings;
  /** the own list, or who waits */
  devices: Nothing;
  /** a message for which a notification may be shown: never of muted rooms, never when read already */
  notify: Notice;
}

/** Boot says who is here. */
export interface Boot {
  phase: Phase;
  /** URI */
  account?: string;
  /** the account's name at its domain */
  name?: string;
  /** URI */
  device?: string;
  /** of PhaseWaiting */
  code?: string;
  /** nil while it was never reached */
  server?: Server;
  online: Connected;
  /** somebody was signed in here and the browser has deleted what was kept; said once */
  wiped: boolean;
}

/** SignUp makes an account. Either Passphrase or Passkey. */
export interface SignUp {
  name: string;
  passphrase?: string;
  /** RegistrationResponseJSON */
  passkey?: string;
  /** the profile's name */
  display?: string;
  device_name: string;
}

/**
 * SignIn adds this device to an account; then Boot.Phase is PhaseWaiting. With
 * Reset it replaces all devices, for a person who lost them.
 */
export interface SignIn {
  name: string;
  passphrase?: string;
  /** AuthenticationResponseJSON */
  passkey?: string;
  device_name: string;
  reset?: boolean;
}

/**
 * A Passkey holds what navigator.credentials is given: see
 * PublicKeyCredential.parseCreationOptionsFromJSON and its sibling.
 */
export interface Passkey {
  /** JSON */
  options: string;
}

/** A PasskeyUse says what options are for. */
export interface PasskeyUse {
  name: string;
  /** sign_up, add, login */
  use: string;
}

/** Nothing is a value without fields. */
export type Nothing = Record<string, never>;

/** A PasskeyAnswer is what it returned. */
export interface PasskeyAnswer {
  /** JSON */
  passkey: string;
}

/** Rooms are all conversations: pinned first, then by time. */
export interface Rooms {
  /** accepted, archived ones too */
  rooms: RoomLine[];
  /** of strangers, waiting */
  requests: RoomLine[];
  /** conversations with something unread that aren't muted or archived: the badge */
  unread: number;
}

/** A Room is a conversation that is open. */
export interface Room extends RoomLine {
  /** all, the own account included */
  members: RoomMember[];
  /** it waits to be accepted here */
  request: boolean;
  /** the other one hasn't accepted: one message is all that can be sent */
  pending: boolean;
  /** messages disappear so many seconds after they are read; 0: never */
  timer_s: number;
  /** until then; -1: for ever */
  muted_ms: number;
  /** the number of the first unread message when it was asked for, 0: none */
  first_new: number;
  /** a calm sentence's key, empty: none. catching_up, confirm_reset */
  problem: string;
  /** one may add people */
  may_add: boolean;
  /** one may remove people and give roles */
  may_manage: boolean;
  /** else Problem, Request or Active say why */
  may_send: boolean;
  /** who has to be confirmed first: ConfirmReset */
  reset_of: Person[];
  /** the number up to which every other account has read */
  read_by_all: number;
  /** the operator's agent, empty: private */
  supervised: string;
}

/** InRoom names a conversation by its URI. */
export interface InRoom {
  room: string;
}

/**
 * Start opens the conversation with these people: one name is a direct one, also
 * the own. A group is new each time, and has a Title.
 */
export interface Start {
  names: string[];
  group: boolean;
  title?: string;
  /** as of a Profile */
  picture?: string;
}

/**
 * SetRoom changes what is given. Pinned, MutedMS and Archived are the own devices'
 * own; Title, Picture and TimerS are everyone's in the conversation.
 */
export interface SetRoom {
  room: string;
  pinned?: boolean;
  /** Unix milliseconds; 0: not, -1: for ever */
  muted_ms?: number;
  archived?: boolean;
  title?: string;
  picture?: string;
  timer_s?: number;
}

/** A Draft is what isn't sent yet; empty: none. */
export interface Draft {
  room: string;
  text: string;
}

/** InRooms are some. */
export interface InRooms {
  rooms: string[];
}

/** Accounts are some: see Account. */
export interface Accounts {
  accounts: string[];
}

/** People are some. */
export interface People {
  people: Person[];
}

/** A Page is in order, oldest first. What is queued is part of the newest page. */
export interface Page {
  messages: Message[];
  /** there is more before */
  older: boolean;
  /** there is more after */
  newer: boolean;
  /**
   * People are those whom the messages name and who aren't members (any more), at
   * most 64.
   */
  people: Person[];
}

/**
 * PageOf asks for a part of a conversation: the Limit (1 to 200) messages before
 * (seq) Before, or after After, or around message Around, or the newest.
 */
export interface PageOf {
  room: string;
  before?: number;
  after?: number;
  around?: string;
  limit: number;
}

/** Sent is the message's id. It is kept, whatever happens next. */
export interface Sent {
  id: string;
}

/** Send sends. Text is what a person wrote, with "@name" where Mentions say. */
export interface Send {
  room: string;
  text: string;
  /** a message's id */
  reply?: string;
  mentions?: Mention[];
}

/** Edit replaces the text of an own message. */
export interface Edit {
  id: string;
  text: string;
  mentions?: Mention[];
}

/** OneMessage names a message. */
export interface OneMessage {
  id: string;
}

/** React reacts to a message. */
export interface React {
  id: string;
  emoji: string;
}

/** Forward sends a message's text to other conversations, at most 20. */
export interface Forward {
  id: string;
  rooms: string[];
}

/** Read says that a person has seen a conversation up to a number. */
export interface Read {
  room: string;
  seq: number;
}

/** Typing says that the person writes, or has stopped. */
export interface Typing {
  room: string;
  on: boolean;
}

/** Found is the newest first; people and rooms by name come from the list. */
export interface Found {
  hits: Hit[];
  more: boolean;
}

/** Search looks for text in everything that this device can read. */
export interface Search {
  text: string;
  /** only there */
  room?: string;
  /** 1 to 100 */
  limit: number;
}

/** Members adds people. */
export interface Members {
  room: string;
  names: string[];
}

/** A Member is a person in a room. */
export interface Member {
  room: string;
  account: string;
}

/** A Role is given. */
export interface Role {
  room: string;
  account: string;
  /** admin, member */
  role: string;
}

/** Readers are who can read a conversation: every leaf of its group. */
export interface Readers {
  people: Reader[];
  /** private, supervised */
  mode: string;
  /** of the group */
  epoch: number;
  /** of the group, for people */
  suite: string;
}

/** Verify says that a safety number was compared, or that it no longer counts. */
export interface Verify {
  account: string;
  verified: boolean;
  /** that was compared, as it was shown; refused with no_number if it is another one by now */
  number?: string;
}

/** Account names an account: its URI, or its name at the own domain. */
export interface Account {
  account: string;
}

/** A Profile is what contacts see of a person: sealed, in each conversation. */
export interface Profile {
  /** at most 64 bytes; empty: the account's name */
  display: string;
  /** a data: URL of a WebP, JPEG or PNG of at most 12 KiB, square */
  picture?: string;
}

/** Settings are shared between the own devices, but for Theme, Language and Notify. */
export interface Settings {
  /** read receipts are sent, and shown */
  receipts: boolean;
  /** sent, and shown */
  typing: boolean;
  /** system, light, dark */
  theme: string;
  /** a BCP 47 tag of those the page has; empty: the browser's */
  language: string;
  /** notifications on this device */
  notify: boolean;
  /** with the text */
  previews: boolean;
}

/** Devices are those of the own account, and those that wait to be added. */
export interface Devices {
  devices: OwnDevice[];
  waiting: WaitingDevice[];
  /** somebody reset the account and its delay runs: CancelReset */
  reset: boolean;
}

/** A Code is what a waiting device shows. */
export interface Code {
  code: string;
}

/** A Device is named by its URI. */
export interface Device {
  device: string;
}

/** Storage is what is kept here, in bytes. */
export interface Storage {
  used: number;
  quota: number;
  /** the browser doesn't delete it by itself */
  persistent: boolean;
  messages: number;
}

/** A Subscription is PushSubscription.toJSON. */
export interface Subscription {
  endpoint: string;
  /** p256dh, base64url */
  key: string;
  /** base64url */
  auth: string;
}

/** Healing counts since the account was made on this device. */
export interface Healing {
  /** by code, as in docs/refusals.md */
  refused: Record<string, number>;
  rejoined: number;
}

/** TypingNow says who writes. */
export interface TypingNow {
  room: string;
  accounts: string[];
}

/** Connected says whether the server is reached. */
export interface Connected {
  /** online, connecting, offline */
  state: string;
}

/** A Notice is for a notification. */
export interface Notice {
  room: string;
  id: string;
  title: string;
  /** without markup; empty if Settings.Previews is off */
  text: string;
}

/** An Error is a refused call. Code is one of wire's, or of those that Code lists. */
export interface Error {
  /** offline, queued, empty, too_long, not_text, unknown_room, unknown_message, not_member, wrong_passphrase, bad_code, last_device, confirm_reset, bad_params, request_pending, not_admin, nobody, signed_in, bad_name, not_yours, direct, unknown_device, no_reset, no_roles, too_many, blocked, in_group, no_number, failed; else wire's */
  code: string;
  /** one plain sentence in English; the page has its own for the codes it knows */
  message: string;
  retry_ms?: number;
}

/** A Phase says what the page shows first. */
export type Phase = "none" | "waiting" | "ready" | "removed";

/** A Server is what everyone may know of it. */
export interface Server {
  domain: string;
  sign_up_open: boolean;
  passkeys: boolean;
  /** base64url: applicationServerKey */
  push_key?: string;
  /** bytes of UTF-8 */
  max_text: number;
  /** of a group */
  max_members: number;
}

/** A RoomLine is a conversation in the list. */
export interface RoomLine {
  /** URI */
  room: string;
  direct: boolean;
  /** of a group; or the other's display name */
  title: string;
  /** of a direct one the other; of a group at most 4 others, for its picture */
  people: Person[];
  picture?: string;
  last?: Line;
  at_ms: number;
  unread: number;
  /** something unread mentions one */
  mention: boolean;
  draft?: string;
  pinned: boolean;
  muted: boolean;
  archived: boolean;
  /** false: one is out of it */
  active: boolean;
  /** accounts */
  typing: string[];
}

/** A RoomMember is a person in a conversation. */
export interface RoomMember extends Person {
  /** admin, member */
  role: string;
}

/** A Person is somebody as this device knows them. */
export interface Person {
  /** URI */
  account: string;
  /** at its domain */
  name: string;
  /** of their profile, else Name */
  display: string;
  picture?: string;
  own: boolean;
  /** accepted: their links can be clicked */
  known: boolean;
  blocked: boolean;
  /** the safety number was compared, and is the same since */
  verified: boolean;
}

/** A Message is a line of a conversation as it is now. */
export interface Message {
  id: string;
  /** in the room; 0 while queued. Notices of one commit share it */
  seq: number;
  /** tells those apart: (seq, part) is a line's place */
  part: number;
  /** account */
  from: string;
  own: boolean;
  at_ms: number;
  /** text, notice, unknown, unreadable */
  kind: string;
  /** GFM-MIMI Markdown unless Plain; of a notice empty */
  text: string;
  plain: boolean;
  state: State;
  edited: boolean;
  unsent: boolean;
  forwarded: boolean;
  reply?: Quote;
  reactions: Reaction[];
  /** in Text */
  mentions: Mention[];
  /** it disappears then; 0: not, or not yet read */
  expires_ms: number;
  timer_s: number;
  /** opened, joined, left, device_added, device_removed, reset, rejoined, generation, title, picture, timer, role, verified_changed, expired */
  notice?: string;
  /** of a notice: an account or device */
  subject?: string;
  /** of a notice: the title, the seconds, the role */
  value?: string;
}

/** A Mention is a person in a text: the bytes from Start to End of the UTF-8. */
export interface Mention {
  account: string;
  start: number;
  end: number;
}

/** A Hit is a message that was found. */
export interface Hit {
  room: string;
  title: string;
  id: string;
  seq: number;
  /** display name */
  from: string;
  own: boolean;
  at_ms: number;
  /** around what was found, without markup */
  text: string;
  /** of what was found, in UTF-16 units of Text */
  start: number;
  end: number;
}

/** A Reader is a person with their devices. */
export interface Reader extends Person {
  devices: ReaderDevice[];
  /** in the conversation; 0: not known */
  since_ms: number;
  /** 60 digits, empty for the own account */
  safety_number: string;
  /** rows of 0 and 1, joined by \n: what the other's camera reads */
  qr: string;
  /** it was verified, and isn't the same any more */
  changed: boolean;
}

/** An OwnDevice is a device of the own account. */
export interface OwnDevice {
  /** URI */
  device: string;
  name: string;
  added_ms: number;
  /** start of the day, 0: not known */
  last_seen_ms: number;
  this: boolean;
}

/** A WaitingDevice asks to be added: compare Code with what it shows. */
export interface WaitingDevice {
  code: string;
  name: string;
}

/** A Line is the last message in the list. */
export interface Line {
  /** display name, in groups; empty for the own */
  who?: string;
  own: boolean;
  /** as Message.Kind */
  kind: string;
  /** without markup, at most 200 runes */
  text: string;
  state: State;
  /** as Message.Notice */
  notice?: string;
  /** display name */
  subject?: string;
}

/** A State says how far an own message has come; it is never ahead of what is known. */
export type State = "queued" | "sent" | "delivered" | "read" | "failed" | "received";

/** A Quote is the message that another one answers. */
export interface Quote {
  id: string;
  seq: number;
  from: string;
  /** without markup, at most 200 runes */
  text: string;
  unsent: boolean;
  /** it isn't here */
  gone: boolean;
}

/** A Reaction is one emoji on a message. */
export interface Reaction {
  emoji: string;
  /** accounts, in order of arrival */
  from: string[];
  own: boolean;
}

/** A ReaderDevice is a leaf of the group. */
export interface ReaderDevice {
  /** URI */
  device: string;
  /** as its owner's list says */
  name: string;
  added_ms: number;
  this: boolean;
}

