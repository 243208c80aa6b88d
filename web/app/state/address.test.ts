import assert from "node:assert/strict";
import { test } from "node:test";
import { read, write, type Route } from "./address";

const room = "mimi://parley.example/r/a b#1";

test("every place has an address, and comes back from it", () => {
  const places: Route[] = [
    { at: "chats", folder: "", room: "", message: "" },
    { at: "chats", folder: "", room, message: "" },
    { at: "chats", folder: "", room, message: "01/ü%" },
    { at: "chats", folder: "requests", room: "", message: "" },
    { at: "chats", folder: "archived", room, message: "m" },
    { at: "settings", page: "" },
    { at: "settings", page: "devices" },
  ];
  for (const place of places) assert.deepEqual(read(write(place)), place, write(place));
});

test("what is no address is the list", () => {
  const list: Route = { at: "chats", folder: "", room: "", message: "" };
  for (const hash of ["", "#", "#/", "#/x/y", "#/%", "#/c", "#/c/%E0%A4%A"]) assert.deepEqual(read(hash), list, hash);
});
