// What pages and the service worker say of videos and sounds that play.

import type { Access, Sealed } from "./format";

/** Below this path the service worker answers. */
export const MEDIA_PATH = "/media/";

/** playedType is a committed type if it is one that plays: whatever else a message says never names a page's type. */
export const playedType = (type: string): string => (/^(video|audio)\/[a-z0-9][a-z0-9.+-]*$/.test(type) ? type : "application/octet-stream");

/** Played is what of an attachment playing takes. */
export interface Played extends Sealed {
  type: string;
  room: string;
}

/** The service worker asks pages for what a handle means, and for leave. */
export interface ToPage {
  wantMedia: string;
}

/** A page says what a handle means; through the message's port it hears whether that can be played. Or it is done with it. */
export type FromPage = { media: string; played: Played; access: Access } | { media: string; gone: true };

/** What the port says: a MediaError as it travels, or that the beginning has checked. */
export type Verdict = { ok: true } | { code: string; status: number };
