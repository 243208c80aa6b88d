// Made by go run ./web/build -types from package deskapi: change that, not this.

/** Methods are the calls there are. */
export interface Methods {
  /** Me says who is signed in; 401 unauthenticated where nobody is. */
  me(): Promise<Me>;
  /** SignInOptions is for navigator.credentials.get. */
  signInOptions(): Promise<PasskeyOptions>;
  signIn(p: PasskeyAnswer): Promise<Me>;
  signOut(): Promise<void>;
  /** InviteOptions is for navigator.credentials.create: who opened a one-time link. */
  inviteOptions(p: Invited): Promise<PasskeyOptions>;
  /** Register ends an invitation: the passkey is the new person's. */
  register(p: Registration): Promise<Me>;
  /** Cases is the queue, the most urgent first. */
  cases(p: CaseFilter): Promise<CaseList>;
  /** Case opens one: a look that is audited. */
  case(p: CaseID): Promise<Case>;
  /** Claim takes a case, or with Release gives it back. 409 claimed: another's. */
  claim(p: Claim): Promise<Case>;
  note(p: NewNote): Promise<Case>;
  /** Reveal makes an attachment ready to be shown: audited, fetched, opened and checked. */
  reveal(p: RevealMedia): Promise<Media>;
  /** Decide makes a decision, or proposes it where two persons are needed. */
  decide(p: NewDecision): Promise<Decision>;
  /** Confirm is the second person's yes to a proposed decision. */
  confirm(p: Confirmation): Promise<Decision>;
  /** Refuse is the second person's no. */
  refuse(p: DecisionID): Promise<Decision>;
  decision(p: DecisionID): Promise<Decision>;
  /** Export gives a case as a file. */
  export(p: NewExport): Promise<File>;
  /** Account is what the platform and the desk know of an account without content. */
  account(p: AccountID): Promise<Account>;
  /** Appeals are those that one may decide: never against an own decision. */
  appeals(p: AppealFilter): Promise<AppealList>;
  appeal(p: AppealID): Promise<Appeal>;
  /** DecideAppeal ends an appeal; the reversal of what two persons decided is proposed. */
  decideAppeal(p: AppealDecision): Promise<Appeal>;
  /** ConfirmAppeal is the second person's yes to a proposed reversal. */
  confirmAppeal(p: AppealID): Promise<Appeal>;
  /** RefuseAppeal is the second person's no: the appeal is open again. */
  refuseAppeal(p: AppealID): Promise<Appeal>;
  staff(): Promise<StaffList>;
  /** Invite makes a one-time link. */
  invite(p: NewInvite): Promise<Invitation>;
  setStaff(p: StaffChange): Promise<Person>;
  /** NewToken makes a token for the own scripts; the one before ends. */
  newToken(): Promise<Token>;
  /** Audit is a page of the audit log. */
  audit(p: AuditFilter): Promise<AuditList>;
  /** AuditCheck verifies the whole of it. */
  auditCheck(): Promise<AuditVerdict>;
  /** Checkpoint is the audit log's newest signed head, for keeping elsewhere. */
  checkpoint(): Promise<Checkpoint>;
  /** Transparency counts, from the audit log alone. */
  transparency(p: Period): Promise<Transparency>;
  legalRequests(): Promise<LegalList>;
  /**
   * Legal asks for a lawful request's answer. The first person's request waits; the
   * same request by a second person gives the file.
   */
  legal(p: NewLegal): Promise<Legal>;
}

/** The names of all methods. */
export const methodNames: readonly (keyof Methods)[] = [
  "me",
  "signInOptions",
  "signIn",
  "signOut",
  "inviteOptions",
  "register",
  "cases",
  "case",
  "claim",
  "note",
  "reveal",
  "decide",
  "confirm",
  "refuse",
  "decision",
  "export",
  "account",
  "appeals",
  "appeal",
  "decideAppeal",
  "confirmAppeal",
  "refuseAppeal",
  "staff",
  "invite",
  "setStaff",
  "newToken",
  "audit",
  "auditCheck",
  "checkpoint",
  "transparency",
  "legalRequests",
  "legal",
];

/** Me is who is signed in. */
export interface Me {
  person: Person;
  /** for the header, where a cookie is used */
  csrf?: string;
  /** whose desk it is */
  domain: string;
  /** what the role allows */
  may: Act[];
  /** Rules say what needs two persons. */
  rules: TwoPersonRule[];
}

/**
 * PasskeyOptions are JSON for navigator.credentials, as PublicKeyCredential.parse…
 * takes it.
 */
export interface PasskeyOptions {
  options: string;
  /** to be sent back with the answer */
  state: string;
}

/** A PasskeyAnswer is what navigator.credentials gave, as JSON. */
export interface PasskeyAnswer {
  state: string;
  answer: string;
}

/** Nothing is an answer without a value. */
export type Nothing = Record<string, never>;

/** Invited is who opened a one-time link: its token is the link's fragment. */
export interface Invited {
  token: string;
}

/** A Registration is an invited person's new passkey. */
export interface Registration {
  token: string;
  state: string;
  answer: string;
}

/** A CaseList is a part of the queue. */
export interface CaseList {
  cases: CaseRow[];
  next?: string;
  /** Open counts what waits, by category. */
  open: Record<string, number>;
}

/** A CaseFilter chooses of the queue. What is empty chooses nothing. */
export interface CaseFilter {
  /** empty: open and waiting */
  state?: CaseState;
  category?: Category;
  /** reported or reporting */
  account?: string;
  /** claimed by who asks */
  mine?: boolean;
  /** claimed by nobody */
  free?: boolean;
  /** CaseList.Next */
  after?: string;
  /** 1 to 100; 50 */
  limit?: number;
}

/** A Case is all that the desk has of it. */
export interface Case extends CaseRow {
  room: string;
  /** the reported account's history, by metadata */
  account: AccountRow;
  report_list: Report[];
  notes: Note[];
  decisions: Decision[];
  /** Seen is what this look shows, for NewDecision and Confirmation: "reports.decisions". */
  seen: string;
  /** Emptied: what was reported is gone, with time; what was decided stays. */
  emptied?: boolean;
}

/** A CaseID names a case. */
export interface CaseID {
  id: string;
}

/** A Claim takes a case. */
export interface Claim {
  id: string;
  release?: boolean;
}

/** A NewNote is for colleagues. Text: 1 to 4,000 bytes. */
export interface NewNote {
  id: string;
  text: string;
}

/** Media is an attachment, of which nothing is shown before it is revealed. */
export interface Media {
  /** in the case: for RevealMedia and URL */
  n: number;
  type: string;
  name?: string;
  size: number;
  width?: number;
  height?: number;
  /** of a video or a voice message */
  ms?: number;
  alt?: string;
  /** to be viewed once */
  once?: boolean;
  /** of what was sent, as the message says */
  sha256: string;
  blob: string;
  /** the server has it no more */
  gone?: boolean;
  /** who asks has revealed it */
  shown?: boolean;
  /**
   * URL gives the bytes once it is revealed: an image that the desk has decoded by
   * its committed type and drawn again, or a video or audio file as it is.
   */
  url?: string;
  /** by a decision of the case, and not given back: who hears an appeal may reveal it still */
  removed?: boolean;
  /** Closed says why the desk doesn't show such a file at all; empty: it does. */
  closed?: string;
}

/** RevealMedia asks for one attachment. */
export interface RevealMedia {
  /** of the case */
  id: string;
  media: number;
}

/** A Decision is what was decided. */
export interface Decision {
  id: string;
  case: string;
  account: string;
  kind: DecisionKind;
  category: Category;
  state: DecisionState;
  at_ms: number;
  until_ms?: number;
  media?: number[];
  /** a person's id */
  by: string;
  by_name: string;
  needs_second?: boolean;
  second?: string;
  second_name?: string;
  reasons?: Reasons;
  statement?: Statement;
  /** for colleagues */
  note?: string;
  appeal_state?: AppealState;
  /** MayConfirm: who asks may be the second person. */
  may_confirm?: boolean;
}

/** A NewDecision is a person's decision of a case. */
export interface NewDecision {
  /** of the case */
  id: string;
  kind: DecisionKind;
  /** Days it holds, of limit and suspend: 1 to 3650; 0: without an end. */
  days?: number;
  /** Media are the attachments to remove, by their N. */
  media?: number[];
  /** Reasons is not needed for a dismissal. */
  reasons?: Reasons;
  /** Note is for colleagues. */
  note?: string;
  /** Seen is Case.Seen of the look by which it is decided. 409 stale: there is more by now. */
  seen: string;
}

/** A Confirmation is a second person's yes. */
export interface Confirmation {
  /** of the decision */
  id: string;
  /** Case.Seen, as of NewDecision */
  seen: string;
}

/** A DecisionID names a decision. */
export interface DecisionID {
  id: string;
}

/** A File is what an export gives. */
export interface File {
  name: string;
  type: string;
  base64: string;
  sha256: string;
}

/** A NewExport asks for a case as a file. */
export interface NewExport {
  id: string;
  format: ExportFormat;
  /** Incident is the kind of incident, of a cybertip: empty: by what is in the case. */
  incident?: Incident;
}

/** An Account is its history. */
export interface Account extends AccountRow {
  /** that hold now, as the server says */
  sanctions: Sanction[];
  cases: CaseRow[];
  decisions: Decision[];
}

/** An AccountID names an account by its URI, escaped in the path. */
export interface AccountID {
  account: string;
}

/** An AppealList is those that who asks may decide, the oldest first. */
export interface AppealList {
  appeals: AppealRow[];
  /** Others counts the open ones against the own decisions: somebody else's. */
  others: number;
}

/** An AppealFilter chooses of the appeals. */
export interface AppealFilter {
  /** empty: open and waiting */
  state?: AppealState;
}

/** An Appeal is one in full. */
export interface Appeal extends AppealRow {
  /** as the person wrote it: text, never markup */
  text: string;
  /** the decision it is against */
  full: Decision;
  /** who decided it, or while it is waiting proposes its reversal */
  by?: string;
  by_name?: string;
  reply?: string;
  /** NeedsSecond: it is reversed by two persons, since the decision is one of two. */
  needs_second?: boolean;
  second?: string;
  second_name?: string;
  /** MayConfirm: who asks may be the second person. */
  may_confirm?: boolean;
}

/** An AppealID names an appeal. */
export interface AppealID {
  id: string;
}

/** An AppealDecision ends an appeal, or proposes a reversal that needs two persons. */
export interface AppealDecision {
  id: string;
  /** false: the decision stands */
  reverse: boolean;
  /** Reply is what the person reads: 1 to 2,000 bytes. */
  reply: string;
}

/** StaffList is everybody. */
export interface StaffList {
  people: Person[];
}

/** An Invitation is a link that works once, for 24 hours. */
export interface Invitation {
  person: Person;
  link: string;
  ends_ms: number;
}

/** A NewInvite invites. Name: 1 to 64 bytes. */
export interface NewInvite {
  name: string;
  role: Role;
}

/** A Person is one of the staff. */
export interface Person {
  /** as the audit log has it */
  id: string;
  name: string;
  role: Role;
  disabled?: boolean;
  /** and hasn't come yet */
  invited?: boolean;
  since_ms: number;
  seen_ms?: number;
  /**
   * InvitedBy is the name of the lead who invited them; empty: the desk's own machine. Only
   * in the list.
   */
  invited_by?: string;
  /**
   * SecondFromMS is from when they can be a second person, since a lead gave them the role
   * just now; 0: from now on, if the role can.
   */
  second_from_ms?: number;
}

/**
 * A StaffChange changes a person's role or shuts the person out; a lead can't do
 * either to the last lead.
 */
export interface StaffChange {
  id: string;
  role: Role;
  disabled?: boolean;
}

/** A Token is for scripts: shown once. */
export interface Token {
  token: string;
  ends_ms: number;
}

/** An AuditList is a part of the log, the newest line first. */
export interface AuditList {
  lines: AuditLine[];
  /**
   * Next is AuditFilter.Before of what is older; 0: nothing is. Where few lines are chosen
   * there may be fewer than Limit, or none, and a Next all the same.
   */
  next?: number;
  /** Broken says where and how this part of the log doesn't hold together; empty: it does. */
  broken?: string;
}

/** An AuditFilter chooses lines of the audit log. */
export interface AuditFilter {
  /** lines before this one; 0: the newest */
  before?: number;
  actor?: string;
  action?: string;
  /** 1 to 200; 100 */
  limit?: number;
}

/** An AuditVerdict is what can be said of the whole log, from its first line on. */
export interface AuditVerdict {
  /** that hold together */
  lines: number;
  /** hash of the last of them */
  head: string;
  /** where and how it doesn't; empty: it does */
  broken?: string;
}

/** A Checkpoint is the log's head, signed. */
export interface Checkpoint {
  seq: number;
  hash: string;
  at_ms: number;
  /** the file to keep */
  text: string;
  key: string;
}

/** Transparency counts what the audit log says happened in a period. */
export interface Transparency {
  from?: string;
  until?: string;
  /** of the log that were counted */
  lines: number;
  /** hash of the last line read */
  head: string;
  /** by category */
  reports: Record<string, number>;
  /** by kind */
  decisions: Record<string, number>;
  /** decisions other than dismissals */
  by_ground: Record<string, number>;
  /** Table counts decisions by "category/kind". */
  table: Record<string, number>;
  /** received, upheld, reversed */
  appeals: Record<string, number>;
  /** received, answered */
  legal: Record<string, number>;
  /** cases opened, attachments revealed, exports */
  looks: Record<string, number>;
  /** from a case's first report to its decision */
  median_ms: number;
  /** decisions that no person made: none */
  automated: number;
}

/** A Period chooses lines by date, YYYY-MM-DD in UTC; Until isn't part of it. */
export interface Period {
  from?: string;
  until?: string;
}

/** A LegalList is the lawful requests, the newest first. */
export interface LegalList {
  requests: Legal[];
}

/** A Legal is a lawful request. */
export interface Legal {
  id: string;
  account: string;
  order: string;
  at_ms: number;
  by: string;
  by_name: string;
  second?: string;
  second_name?: string;
  /** File is the answer, for the second person: account, devices, dates. */
  file?: File;
}

/** A NewLegal asks for what the platform has of an account. */
export interface NewLegal {
  account: string;
  /** the order's own number: 1 to 128 bytes */
  order: string;
}

/** An Error is a refusal. */
export interface Error {
  code: ErrorCode;
  /** Message is a plain sentence for a person of the desk. */
  message: string;
}

/** An Act is what a role allows or doesn't. */
export type Act = "cases" | "decide" | "suspend" | "confirm" | "appeals" | "export" | "legal" | "staff" | "audit";

/**
 * A TwoPersonRule names decisions that need a second person: all of a kind, or
 * those of a category.
 */
export interface TwoPersonRule {
  kind: DecisionKind;
  /** empty: every one */
  category?: Category;
  /** of removals: more than so many at once */
  above?: number;
}

/** A CaseRow is a case in the queue: no content. */
export interface CaseRow {
  id: string;
  state: CaseState;
  /** the most urgent of its reports' */
  category: Category;
  /** higher first */
  priority: number;
  /** what priority is the sum of */
  why: Weight[];
  /** account */
  reported: string;
  reports: number;
  /** messages shown by the reports */
  items: number;
  media: number;
  /** of the weakest item */
  verdict: Verdict;
  opened_ms: number;
  updated_ms: number;
  /** a person's id */
  claimed_by?: string;
  /** and name */
  claimer?: string;
}

/** A CaseState says how far a case is. */
export type CaseState = "open" | "waiting" | "decided";

/** A Category is what a report says it is about. */
export type Category = "child_safety" | "self_harm" | "terror" | "sexual_content" | "harassment" | "scam" | "other";

/** An AccountRow is an account beside a case. */
export interface AccountRow {
  account: string;
  created_ms?: number;
  devices?: number;
  last_seen_ms?: number;
  suspended?: boolean;
  limited?: boolean;
  age_band?: string;
  /** cases about it */
  reported: number;
  /** of these, decided other than by dismissal */
  upheld: number;
  /** by it */
  reports_made: number;
  /** of these, decided other than by dismissal */
  right_made: number;
  unknown?: boolean;
  /** Stale: the server couldn't be asked; dates are missing. */
  stale?: boolean;
}

/** A Report is one person's report of a case. */
export interface Report {
  id: string;
  reporter: AccountRow;
  category: Category;
  /** as the reporter wrote it: text, never markup */
  note?: string;
  /** as the reporter's device says */
  at_ms: number;
  received_ms: number;
  verdict: Verdict;
  items: Item[];
  /** Gaps say what lies between the items, in plain words: "3 events not disclosed". */
  gaps?: string[];
  /** Problem says what is wrong with the report as a whole, in plain words. */
  problem?: string;
}

/** A Note is a colleague's. */
export interface Note {
  by: string;
  name: string;
  at_ms: number;
  text: string;
}

/** A DecisionKind says what is done. */
export type DecisionKind = "dismiss" | "warn" | "limit" | "suspend" | "remove";

/** A DecisionState says how far it is. */
export type DecisionState = "proposed" | "refused" | "made" | "enforced" | "reversed";

/**
 * Reasons are what a person of the desk writes of a statement of reasons; the rest
 * of the statement is made from the case.
 */
export interface Reasons {
  ground: Ground;
  /** Rule is the law, or the part of the terms, that it rests on: at most 500 bytes. */
  rule: string;
  rule_url?: string;
  /** Explanation says why it applies: at most 2,000 bytes. The person reads it. */
  explanation: string;
  /** Facts say what happened, without personal data: at most 5,000 bytes. The person reads it. */
  facts: string;
  /** Illegal: of what is against the terms, whether it is held to be illegal too. */
  illegal?: boolean;
  /** Category of the statement; empty: by that of the case. */
  category?: string;
  /** Language of what was said, as EN, where who decides gives it: nothing is read from it. */
  language?: string;
  /** Keywords specify it; at most 8. */
  keywords?: string[];
}

/**
 * A Statement is a statement of reasons with the fields of the EU's DSA transparency
 * database, as its API takes it.
 */
export interface Statement {
  decision_visibility?: string[];
  decision_visibility_other?: string;
  decision_monetary?: string;
  decision_monetary_other?: string;
  decision_provision?: string;
  decision_account?: string;
  account_type?: string;
  decision_ground: string;
  decision_ground_reference_url?: string;
  illegal_content_legal_ground?: string;
  illegal_content_explanation?: string;
  incompatible_content_ground?: string;
  incompatible_content_explanation?: string;
  incompatible_content_illegal?: string;
  content_type: string[];
  content_type_other?: string;
  category: string;
  category_addition?: string[];
  category_specification?: string[];
  category_specification_other?: string;
  territorial_scope?: string[];
  content_language?: string;
  /** YYYY-MM-DD */
  content_date: string;
  application_date: string;
  end_date_visibility_restriction?: string;
  end_date_monetary_restriction?: string;
  end_date_service_restriction?: string;
  end_date_account_restriction?: string;
  decision_facts: string;
  source_type: string;
  source_identity?: string;
  automated_detection: string;
  automated_decision: string;
  puid: string;
}

/** An AppealState says how far an appeal is. */
export type AppealState = "open" | "waiting" | "upheld" | "reversed";

/** An ExportFormat is a file's kind. */
export type ExportFormat = "report" | "cybertip" | "statement";

/** An Incident is one of the kinds that the CyberTipline has. */
export type Incident = "Child Pornography (possession, manufacture, and distribution)" | "Child Sex Trafficking" | "Child Sex Tourism" | "Child Sexual Molestation" | "Misleading Domain Name" | "Misleading Words or Digital Images on the Internet" | "Online Enticement of Children for Sexual Acts" | "Unsolicited Obscene Material Sent to a Child";

/** A Sanction is what holds against an account. */
export interface Sanction {
  decision: string;
  kind: DecisionKind;
  at_ms: number;
  /** 0: without an end */
  until_ms?: number;
}

/** An AppealRow is an appeal in the list. */
export interface AppealRow {
  id: string;
  decision: string;
  case: string;
  account: string;
  kind: DecisionKind;
  category: Category;
  state: AppealState;
  at_ms: number;
}

/** A Role says what a person of the desk may do. */
export type Role = "reviewer" | "senior" | "lead" | "auditor";

/** An AuditLine is one line of the log. */
export interface AuditLine {
  seq: number;
  at_ms: number;
  /** a person's id, or "desk" */
  actor: string;
  name?: string;
  action: string;
  subject: string;
  data?: Record<string, string>;
  hash: string;
}

/** An ErrorCode says why, for programs. */
export type ErrorCode = "unauthenticated" | "forbidden" | "own_decision" | "too_new" | "not_found" | "invalid" | "claimed" | "closed" | "stale" | "unverified" | "not_revealed" | "unavailable" | "media_damaged" | "media_unknown" | "too_many" | "internal" | "audit_unwritable";

/** A Weight is one part of a priority. */
export interface Weight {
  reason: WeightReason;
  points: number;
}

/** A Verdict is what can be said of evidence. */
export type Verdict = "signed" | "attested" | "unverified";

/** An Item is one message of a report. */
export interface Item {
  /** in its report, from 0 */
  n: number;
  sender: string;
  device: string;
  seq: number;
  /** by the server's clock */
  accepted_ms: number;
  verdict: Verdict;
  steps: Step[];
  kind: ItemKind;
  /** to be shown as text, never as markup */
  text?: string;
  by: ItemSide;
  attachments: Media[];
  /** Before says what is missing between the item before and this one. */
  before?: string;
}

/** A Ground is what a decision rests on. */
export type Ground = "illegal" | "terms";

/** A WeightReason is what a weight is for. */
export type WeightReason = "category" | "reporter" | "reporters" | "age";

/** A Step is one check of an item, in order. */
export interface Step {
  /** a plain sentence */
  name: string;
  ok: boolean;
  /** Skipped: the report has nothing that the step could look at. */
  skipped?: boolean;
  /** where it isn't ok */
  why?: string;
}

/** An ItemKind says what a message is. */
export type ItemKind = "text" | "media" | "sticker" | "post" | "reaction" | "edit" | "unsend" | "other";

/** An ItemSide says whose a message is. */
export type ItemSide = "reported" | "reporter" | "other";

/** Where each call goes: method and path. */
export const routes: Readonly<Record<keyof Methods, readonly [string, string]>> = {
  me: ["GET", "/desk/v1/me"],
  signInOptions: ["POST", "/desk/v1/session/options"],
  signIn: ["POST", "/desk/v1/session"],
  signOut: ["DELETE", "/desk/v1/session"],
  inviteOptions: ["POST", "/desk/v1/invites/options"],
  register: ["POST", "/desk/v1/invites/register"],
  cases: ["GET", "/desk/v1/cases"],
  case: ["GET", "/desk/v1/cases/{id}"],
  claim: ["POST", "/desk/v1/cases/{id}/claim"],
  note: ["POST", "/desk/v1/cases/{id}/note"],
  reveal: ["POST", "/desk/v1/cases/{id}/reveal"],
  decide: ["POST", "/desk/v1/cases/{id}/decide"],
  export: ["POST", "/desk/v1/cases/{id}/export"],
  decision: ["GET", "/desk/v1/decisions/{id}"],
  confirm: ["POST", "/desk/v1/decisions/{id}/confirm"],
  refuse: ["POST", "/desk/v1/decisions/{id}/refuse"],
  account: ["GET", "/desk/v1/accounts/{account}"],
  appeals: ["GET", "/desk/v1/appeals"],
  appeal: ["GET", "/desk/v1/appeals/{id}"],
  decideAppeal: ["POST", "/desk/v1/appeals/{id}/decide"],
  confirmAppeal: ["POST", "/desk/v1/appeals/{id}/confirm"],
  refuseAppeal: ["POST", "/desk/v1/appeals/{id}/refuse"],
  staff: ["GET", "/desk/v1/staff"],
  invite: ["POST", "/desk/v1/staff/invites"],
  setStaff: ["POST", "/desk/v1/staff/{id}"],
  newToken: ["POST", "/desk/v1/tokens"],
  audit: ["GET", "/desk/v1/audit"],
  auditCheck: ["GET", "/desk/v1/audit/check"],
  checkpoint: ["GET", "/desk/v1/audit/checkpoint"],
  transparency: ["GET", "/desk/v1/transparency"],
  legalRequests: ["GET", "/desk/v1/legal"],
  legal: ["POST", "/desk/v1/legal"],
};

/** The header that carries Me.csrf. */
export const csrfHeader = "X-Desk-CSRF";
