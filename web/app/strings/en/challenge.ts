import type { Table } from "../table";

/** The platform's captcha, for who does a lot at once. */
export const challenge = {
  "challenge.title": "One more step",
  "challenge.text": "You’re reaching many new people. Show that you’re a person, and it goes on. {host} asks; it isn’t told who you are, nor whom you write to.",
  "challenge.frame": "A question from the service",
  "challenge.checking": "Checking…",
  "challenge.wrong": "That didn’t work. Please try once more.",
} satisfies Table;
