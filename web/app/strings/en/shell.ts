import type { Table } from "../table";

/** shell is what is said everywhere. */
export const shell = {
  app: "Parley",
  close: "Close",
  cancel: "Cancel",
  save: "Save",
  done: "Done",
  back: "Back",
  clear: "Clear",
  retry: "Try again",
  undo: "Undo",
  delete: "Delete",
  block: "Block",
  remove: "Remove",
  you: "You",
  today: "Today",
  yesterday: "Yesterday",
  skip: "Skip to the conversation",

  "shell.chats": "Chats",
  "shell.settings": "Settings",
  "shell.title": { one: "({n}) Parley", other: "({n}) Parley" },
  "shell.starting": "Opening your messages…",
  "shell.slow": "This is taking longer than usual. It goes on by itself.",
  "shell.pick": "Your messages",
  "shell.pickText": "Choose a conversation, or start a new one. What you write can be read only by the people in it.",

  "connection.connecting": "Connecting…",
  "connection.offline": "You’re offline. You can read, and what you write is sent later.",

  "live.message": "New message in {title}",
  "live.opened": "Conversation with {title}",

  "error.offline": "There’s no connection right now. Please try again in a moment.",
  "error.failed": "That didn’t work. Please try again.",
  "error.limited": "That was a lot at once. Please wait a moment and try again.",
  "error.limitedFor": "That was a lot at once. Please try again in {time}.",
  "error.too_long": "That’s too long.",
  "error.unknown_person": "There’s nobody here with that name.",
  "error.not_admin": "Only the group’s admins can do that.",
  "error.not_member": "You’re not in this conversation any more.",
  "error.request_pending": "You can write more once they accept your request.",
  "error.not_accepting": "This person isn’t taking messages from you right now.",
  "error.blocked": "You’ve blocked this person. Unblock them in Settings first.",
  "error.last_device": "This is your only device.",
  "error.last_passkey": "This is the only way to sign in. Add another one first.",
  "error.bad_code": "That code doesn’t match. Compare it with the other device once more.",
  "error.not_ready": "They can’t be reached yet. Please try again in a moment.",
  "error.full": "There’s no room for more people.",

  "notify.one": "New message",
} satisfies Table;
