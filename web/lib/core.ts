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
  passkeys(): Promise<Passkeys>;
  /**
   * RemovePasskey takes one off the account; last_passkey where nothing else
   * would prove it.
   */
  removePasskey(p: OnePasskey): Promise<void>;
  /**
   * SignOut ends this device: it is taken off the account's list if the server
   * can be reached and it isn't the last one, and everything here is erased.
   */
  signOut(): Promise<Boot>;
  /** ExportAccount returns everything that the server holds on the account. */
  exportAccount(): Promise<Export>;
  /** EraseAccount erases the account at the server for good, and everything here. */
  eraseAccount(p: EraseAccount): Promise<Boot>;
  /** Conversations. */
  rooms(p: Known): Promise<Rooms>;
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
  /** they may write, are shown with what is archived, and nothing of them is notified */
  restrict(p: Accounts): Promise<void>;
  unrestrict(p: Accounts): Promise<void>;
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
  /**
   * OpenOnce says that a message to be viewed once is looked at: its attachments
   * are gone from then on, here and on the own other devices.
   */
  openOnce(p: OneMessage): Promise<void>;
  /** BlobAccess is for uploading and downloading attachments. */
  blobAccess(): Promise<BlobAccess>;
  /** Stickers, links and posts. */
  stickers(): Promise<Stickers>;
  /** makes one, or changes what it has; 1 to 24 stickers */
  setPack(p: StickerPack): Promise<void>;
  deletePack(p: PackID): Promise<void>;
  /** among the favourites */
  keepSticker(p: Sticker): Promise<void>;
  /** out of the favourites: the sticker's id */
  dropSticker(p: PackID): Promise<void>;
  /** by the server, which learns the address */
  unfurl(p: Link): Promise<LinkPreview>;
  resolvePost(p: Link): Promise<Post>;
  /** Warnings, which this device finds by itself and tells nobody. */
  setSafety(p: SafetyData): Promise<void>;
  checkLinks(p: ShownLinks): Promise<CheckedLinks>;
  /** Groups. */
  addMembers(p: Members): Promise<void>;
  removeMember(p: Member): Promise<void>;
  setRole(p: Role): Promise<void>;
  leave(p: InRoom): Promise<void>;
  /** Who can read this. */
  readers(p: InRoom): Promise<Readers>;
  verify(p: Verify): Promise<void>;
  confirmReset(p: Account): Promise<void>;
  /**
   * AnswerCaptcha gives the server what the platform's page said that a refusal
   * named (Error.Captcha): the call can be made again then. bad_answer: it isn't taken.
   */
  answerCaptcha(p: CaptchaAnswer): Promise<void>;
  /** Reports to the platform's safety desk, and what its operator has to say. */
  reporting(): Promise<Reporting>;
  reportables(p: InRoom): Promise<Reportables>;
  previewReport(p: Report): Promise<ReportPreview>;
  /** kept here until it has left, whatever happens */
  sendReport(p: Report): Promise<void>;
  notices(): Promise<Notices>;
  readNotices(p: ReadNotices): Promise<void>;
  appeal(p: Appeal): Promise<void>;
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
  "passkeys",
  "removePasskey",
  "signOut",
  "exportAccount",
  "eraseAccount",
  "rooms",
  "room",
  "start",
  "setRoom",
  "setDraft",
  "deleteRoom",
  "accept",
  "block",
  "unblock",
  "restrict",
  "unrestrict",
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
  "openOnce",
  "blobAccess",
  "stickers",
  "setPack",
  "deletePack",
  "keepSticker",
  "dropSticker",
  "unfurl",
  "resolvePost",
  "setSafety",
  "checkLinks",
  "addMembers",
  "removeMember",
  "setRole",
  "leave",
  "readers",
  "verify",
  "confirmReset",
  "answerCaptcha",
  "reporting",
  "reportables",
  "previewReport",
  "sendReport",
  "notices",
  "readNotices",
  "appeal",
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
  /** something in a conversation has changed */
  room: RoomNews;
  /** somebody began or ended */
  typing: TypingNow;
  /** to the server */
  connection: Connected;
  settings: Settings;
  /** the packs have changed */
  stickers: Nothing;
  /** the own list, or who waits */
  devices: Nothing;
  /** the operator has said something, or a report has left: Notices again */
  notices: Nothing;
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

/**
 * Passkeys are those of the own account, the oldest first. Without Passphrase the
 * only one can't be removed.
 */
export interface Passkeys {
  passkeys: KeptPasskey[];
  /** a passphrase proves the account too */
  passphrase: boolean;
}

/** OnePasskey is named by its credential's id. */
export interface OnePasskey {
  id: string;
}

/** An Export is JSON Lines: each an object whose "kind" says what it is. */
export interface Export {
  lines: string;
}

/**
 * EraseAccount proves that it is the account's own person who erases it. Either
 * Passphrase or Passkey.
 */
export interface EraseAccount {
  passphrase?: string;
  /** AuthenticationResponseJSON */
  passkey?: string;
}

/**
 * Rooms are all conversations: pinned first, then by at_ms, then by room. If it is a
 * Part, Rooms and Requests have only the lines that are another than in the edition
 * that the page knows, and Gone the conversations that aren't in either any more.
 */
export interface Rooms {
  edition: number;
  part: boolean;
  /** URIs */
  gone: string[];
  /** accepted, archived ones too */
  rooms: RoomLine[];
  /** of strangers, waiting */
  requests: RoomLine[];
  /** conversations with something unread that aren't muted or archived: the badge */
  unread: number;
}

/**
 * Known says what a page has of the list: the Edition of the Rooms that it got last;
 * 0: nothing.
 */
export interface Known {
  edition: number;
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
  /** what the others send beside text is covered, and not fetched, until it is wanted */
  veiled: boolean;
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
 * SetRoom changes what is given. Pinned, MutedMS, Archived and Veiled are the own devices'
 * own; Title, Picture and TimerS are everyone's in the conversation.
 */
export interface SetRoom {
  room: string;
  pinned?: boolean;
  /** Unix milliseconds; 0: not, -1: for ever */
  muted_ms?: number;
  archived?: boolean;
  veiled?: boolean;
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
  /** at most 64 that are uploaded; Text is their caption then, and may be empty */
  attachments?: Attachment[];
  /** of one photo, video or voice note */
  view_once?: boolean;
  /** without a text */
  sticker?: Sticker;
  preview?: LinkPreview;
  post?: Post;
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

/**
 * Forward sends a message's text and attachments to other conversations, at most 20
 * or what BlobLimits says.
 */
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

/**
 * BlobAccess is what uploading and downloading of blobs takes: see wire.UploadsPath.
 * It is never put into a URL or kept.
 */
export interface BlobAccess {
  /** the server's origin */
  base: string;
  /** of the Authorization header's Bearer */
  token: string;
  /** Unix milliseconds, by this device's clock */
  expires_ms: number;
}

/** Stickers are the packs of the own devices, the favourites first. */
export interface Stickers {
  packs: StickerPack[];
}

/** A StickerPack is some stickers that the own devices keep. */
export interface StickerPack {
  /** "favourites": the single ones that a person keeps */
  id: string;
  /** at most 64 bytes; of the favourites empty */
  name: string;
  stickers: PackSticker[];
}

/** A PackID names a pack. */
export interface PackID {
  id: string;
}

/** A Sticker is a picture that a message consists of. */
export interface Sticker {
  /** data: URL */
  data: string;
  /** what it stands for */
  emoji: string;
  /** the name of its pack */
  pack: string;
  /** empty: of none */
  pack_id: string;
}

/** A LinkPreview is what the sender found at a link in its text. */
export interface LinkPreview {
  url: string;
  title: string;
  description: string;
  site: string;
  /** data: URL, or empty */
  picture: string;
}

/** A Link is an address that a person is about to send. */
export interface Link {
  url: string;
}

/** A Post is one of the platform's, shown as a card. */
export interface Post {
  url: string;
  title: string;
  author: string;
  /** data: URL, or empty */
  poster: string;
  /** what plays it in place, if it is one of Platform.Players; or empty */
  player: string;
  /** pixels of the player; 0: not said */
  width: number;
  height: number;
}

/** A SafetyData is what this device finds warnings by. An empty field leaves what there is. */
export interface SafetyData {
  /** base64: safety.Model */
  model?: string;
  /** base64: safety.BlockList, signed by the key that the server's Info names */
  block_list?: string;
  /** where the person is, as ISO 3166-1 alpha-2: whose help lines are shown */
  region?: string;
}

/** CheckedLinks says of each of ShownLinks what is suspicious of it, in their order. */
export interface CheckedLinks {
  links: CheckedLink[];
}

/** ShownLinks are at most 200. */
export interface ShownLinks {
  links: ShownLink[];
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

/** A CaptchaAnswer is what the platform's page has found: opaque. */
export interface CaptchaAnswer {
  answer: string;
}

/** Reporting says whether and how long something can be reported. */
export interface Reporting {
  /** the server has a safety desk */
  desk: boolean;
  /** for how long this device keeps what it takes to report a message, whatever became of it */
  days: number;
  /** bytes of a note or an appeal, at most */
  note: number;
}

/**
 * Reportables are the messages of a conversation that can be reported, oldest first;
 * at most 1,000 of the newest.
 */
export interface Reportables {
  messages: ReportedMessage[];
  /** who wrote them */
  people: Person[];
}

/** A ReportPreview is all that would leave, and to whom. */
export interface ReportPreview {
  /** the domain whose desk reads it */
  desk: string;
  /** isn't told by whom */
  about: Person;
  messages: ReportedMessage[];
  /** chosen ones that can't be shown to be theirs any more, or that there is no room for: they don't leave */
  missing: number;
  /** who wrote them */
  people: Person[];
  /** accounts whose list of devices leaves, with the devices' names */
  lists: string[];
  /** messages with which their conversation, its rules and the writer's place in it leave */
  signed: number;
  bytes: number;
}

/**
 * A Report is what a person hands to the safety desk. With Whole it is all of the
 * conversation that can be shown to be theirs, else what Messages names: a preview adds
 * their edits, and the end of those taken back. SendReport names all of the preview's
 * messages, without Whole: it adds nothing, so that no more leaves than was seen.
 */
export interface Report {
  room: string;
  /** account; empty: who wrote the first of Messages, or the other one of two */
  about?: string;
  /** ids */
  messages: string[];
  whole?: boolean;
  category: ReportCategory;
  note: string;
  /** block About as well */
  block?: boolean;
}

/**
 * Notices are what the operator has said, the newest first, what this device has
 * handed to the desk, the oldest first, and what holds of the account now.
 */
export interface Notices {
  /** empty: in good standing; limited, suspended */
  state: string;
  decision?: string;
  until_ms?: number;
  unread: number;
  notices: OperatorNotice[];
  reports: SentReport[];
  /** whom they name */
  people: Person[];
}

/** ReadNotices says that the notices up to number N were read. */
export interface ReadNotices {
  n: number;
}

/** An Appeal asks that a decision be looked at again, by somebody else. */
export interface Appeal {
  decision: string;
  text: string;
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
  /** messages that look like a scam, harassment or blackmail have a hint, on this device */
  warnings: boolean;
  /** links that one sends go with a preview, for which the server is asked */
  links: boolean;
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

/**
 * A RoomNews tells that something in a conversation has changed. Of those that a page
 * has asked for by Room lately it says how they are now, so that no page has to ask
 * twice before it draws a message; of others a page that shows them asks again.
 */
export interface RoomNews {
  /** URI */
  room: string;
  /** as Room returns it */
  now?: Room;
  /** the newest messages, as History returns them; there whenever Now is */
  tail?: Page;
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
export interface Notice extends Glimpse {
  room: string;
  id: string;
  title: string;
  /** without markup, what is beside it in English; empty, as what follows, if Settings.Previews is off */
  text: string;
  /** of one with Media: Text without it */
  caption?: string;
  /** in a group: who wrote it */
  from?: string;
}

/** An Error is a refused call. Code is one of wire's, or of those that Code lists. */
export interface Error {
  /** offline, queued, empty, too_long, not_text, unknown_room, unknown_message, not_member, wrong_passphrase, bad_code, last_device, confirm_reset, bad_params, request_pending, not_admin, nobody, signed_in, bad_name, not_yours, direct, unknown_device, no_reset, no_roles, too_many, blocked, in_group, no_number, view_once, no_desk, too_much, failed; why the operator's policy refuses (own_age, mutuals_only, group_size, group_strangers, operator); else wire's */
  code: string;
  /** one plain sentence in English; the page has its own for the codes it knows */
  message: string;
  retry_ms?: number;
  /** with challenge_required: the platform's page whose answer AnswerCaptcha takes */
  captcha?: string;
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
  /** of attachments */
  blobs: BlobLimits;
  /** it says what pages say of themselves */
  unfurl: boolean;
  /** whose posts it resolves */
  platform?: Platform;
  /** it has a list of bad links, for SetSafety */
  block_list: boolean;
}

/** A KeptPasskey is one that proves the own account. */
export interface KeptPasskey {
  /** of the credential, base64url */
  id: string;
  /** of the device that it was made on, or empty */
  name: string;
  /** when */
  made_ms: number;
  /** start of the day that it was last used on to sign in, 0: never */
  used_ms: number;
  /** it may be on other devices of the person too */
  synced: boolean;
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
  /** may write, and is set apart */
  restricted: boolean;
  /** the safety number was compared, and is the same since */
  verified: boolean;
}

/** A Message is a line of a conversation as it is now. */
export interface Message extends Glimpse {
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
  /** of somebody in a group who is blocked: it shows only where the person opens it */
  blocked: boolean;
  forwarded: boolean;
  reply?: Quote;
  reactions: Reaction[];
  /** in Text */
  mentions: Mention[];
  /** it disappears then; 0: not, or not yet read */
  expires_ms: number;
  timer_s: number;
  /** empty where they aren't to be shown: see Opened, Withheld */
  attachments: Attachment[];
  view_once: boolean;
  /** of a ViewOnce one: it was looked at, here or on another own device, or is one's own; its attachments are gone */
  opened: boolean;
  /** a stranger's: what is beside its text shows once the conversation is accepted */
  withheld: boolean;
  sticker?: Sticker;
  preview?: LinkPreview;
  post?: Post;
  /** what it looks like, as far as this device can tell; only on a page of a conversation */
  nudges: Nudge[];
  /** opened, joined, left, removed, device_added, device_removed, reset, rejoined, generation, title, picture, timer, role, verified_changed, expired */
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

/**
 * An Attachment is a photo, video, voice note or file of a message: what is needed to
 * fetch its blob, to open it and to draw it before it is there.
 */
export interface Attachment {
  /** photo, video, voice, file */
  role: string;
  /** hexadecimal: its name at the server, SHA-256 of what was uploaded */
  blob: string;
  /** base64url: 32 bytes */
  key: string;
  /** hexadecimal: SHA-256 of what it holds */
  hash: string;
  /** bytes that it holds */
  size: number;
  /** bytes of the blob */
  sealed: number;
  /** media type, without parameters */
  type: string;
  /** a bare file name, at most 255 bytes */
  name: string;
  /** what a photo shows, in words; at most 1,000 bytes */
  alt: string;
  width: number;
  height: number;
  duration_ms: number;
  /** base64: a ThumbHash of at most 64 bytes */
  thumb: string;
  /** data: URL of a JPEG or WebP of at most 24 KiB; all of a message at most 40 KiB */
  poster: string;
  /** base64: up to 64 levels of a voice note, 0 to 255 */
  wave: string;
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

/** A PackSticker is one of a pack. */
export interface PackSticker {
  /** within its pack; given by the core */
  id: string;
  emoji: string;
  /** data: URL of a WebP, PNG, GIF or JPEG of at most 40 KiB and 512 pixels */
  data: string;
}

/** A CheckedLink has no warnings where nothing is. */
export interface CheckedLink {
  warnings: LinkWarning[];
}

/** A ShownLink is a link with the text that stands for it; empty: its target. */
export interface ShownLink {
  target: string;
  display: string;
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

/**
 * A ReportedMessage is one as it was sent, though it may have been edited, taken
 * back or viewed since, or have disappeared.
 */
export interface ReportedMessage {
  id: string;
  /** account */
  from: string;
  at_ms: number;
  /** text, edit, unsend, reaction, room, profile, unknown */
  kind: string;
  text: string;
  /** of an edit or unsend: the id of the message */
  replaces?: string;
  /** the desk can open them */
  attachments: Attachment[];
  media: Glimpse;
}

/** A ReportCategory says what a report is about. */
export type ReportCategory = "harassment" | "sexual_content" | "child_safety" | "terror" | "scam" | "self_harm" | "other";

/** An OperatorNotice is something that the operator says to the own account. */
export interface OperatorNotice {
  /** growing */
  n: number;
  /** outcome, warning, limited, suspended, removed, restored, appeal_result */
  kind: string;
  at_ms: number;
  read: boolean;
  /** what an appeal names */
  decision?: string;
  /** of a report: acted, no_breach; of an appeal: upheld, reversed */
  outcome?: string;
  statement?: Statement;
  /** of limited and suspended; 0: until it is lifted */
  until_ms?: number;
  appealable?: boolean;
  /** from this device */
  appealed?: boolean;
  /** of an outcome: the account that this device reported */
  about?: string;
  /** likewise */
  category?: ReportCategory;
}

/** A SentReport is a report or appeal of this device's. */
export interface SentReport {
  /** hexadecimal */
  id: string;
  /** report, appeal */
  kind: string;
  /** waits, sent, refused */
  state: string;
  /** why it waits or was refused: a code, no_desk, desk_changed; or empty */
  problem: string;
  about?: string;
  category?: ReportCategory;
  messages: number;
  /** of an appeal */
  decision?: string;
  at_ms: number;
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

/** A Glimpse says in little what a message has beside its text. Without Media: nothing. */
export interface Glimpse {
  /** photo, photos, video, videos, voice, file, files; album: of several kinds; sticker, post */
  media?: string;
  /** attachments */
  media_count?: number;
  /** of one video or voice note: how long it is; 0: not known */
  media_ms?: number;
  /** of one file its name, of a sticker its emoji, of a post its title */
  media_name?: string;
  /** it is to be viewed once */
  media_once?: boolean;
}

/** BlobLimits say what the server takes of attachments; a Size of 0: none. */
export interface BlobLimits {
  /** bytes of one blob */
  size: number;
  /** bytes of one PATCH */
  part: number;
  /** conversations that one message may be forwarded to at once */
  forward: number;
}

/** A Platform is the one whose posts the server resolves. */
export interface Platform {
  name: string;
  /** HOST or HOST:PORT of its posts */
  hosts: string[];
  /** what the address of a player begins with */
  players: string[];
}

/** A Line is the last message in the list. */
export interface Line extends Glimpse {
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
export interface Quote extends Glimpse {
  id: string;
  seq: number;
  from: string;
  /** without markup, at most 200 runes */
  text: string;
  /** so that its card stays in view */
  post?: Post;
  /** as of a Message: then there is no text */
  blocked: boolean;
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

/** A Nudge is a hint beside a message of somebody else. */
export interface Nudge {
  /** scam, harassment, sextortion */
  class: string;
  help: HelpLine[];
}

/** A LinkWarning is one reason to look twice. */
export interface LinkWarning {
  /** listed, look_alike, confusable, mismatch, userinfo, raw_address, shortener */
  kind: string;
  /** where the link really leads */
  host: string;
  /** what it looks like */
  like?: string;
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

/** A Statement is a statement of reasons, in the operator's words. */
export interface Statement {
  /** illegal_content, incompatible_content */
  ground: string;
  ground_reference: string;
  explanation: string;
  facts: string;
  category: string;
  territories: string[];
  /** report, own_initiative, order */
  source: string;
  automated_detection: boolean;
  automated_decision: boolean;
  redress: string;
}

/** A HelpLine is where people help. */
export interface HelpLine {
  name: string;
  url: string;
}

