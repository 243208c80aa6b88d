import type { Table } from "../table";

/** Why the service doesn't let somebody write or add: about themselves, never about the other person. */
export const policy = {
  "policy.ownAge": "Messages aren’t available at your age yet.",
  "policy.mutualsOnly": "At your age you can write to people who follow you and whom you follow.",
  "policy.groupSize": "A group with somebody under 18 has up to 32 people.",
  "policy.groupStrangers": "Write to one of them first. Once somebody accepts, you can make a group together.",
  "policy.operator": "That isn’t possible on this service.",
} satisfies Table;
