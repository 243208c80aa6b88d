/** The stickers that everyone has: drawn for us, and made into pictures when they are sent. */

import angry from "../../stickers/angry.svg";
import coffee from "../../stickers/coffee.svg";
import cool from "../../stickers/cool.svg";
import cry from "../../stickers/cry.svg";
import hello from "../../stickers/hello.svg";
import hug from "../../stickers/hug.svg";
import laugh from "../../stickers/laugh.svg";
import love from "../../stickers/love.svg";
import no from "../../stickers/no.svg";
import oops from "../../stickers/oops.svg";
import party from "../../stickers/party.svg";
import sleep from "../../stickers/sleep.svg";
import thanks from "../../stickers/thanks.svg";
import think from "../../stickers/think.svg";
import wow from "../../stickers/wow.svg";
import yes from "../../stickers/yes.svg";

/** A Drawn sticker: its data is an SVG. */
export interface Drawn {
  id: string;
  emoji: string;
  words: string;
  data: string;
}

export const starterID = "starter";

export const starter: readonly Drawn[] = [
  { id: "hello", emoji: "👋", words: "hello hi wave bye", data: hello },
  { id: "laugh", emoji: "😂", words: "laugh haha funny joy", data: laugh },
  { id: "love", emoji: "😍", words: "love heart adore", data: love },
  { id: "hug", emoji: "🤗", words: "hug love friends", data: hug },
  { id: "yes", emoji: "👍", words: "yes ok good agree", data: yes },
  { id: "no", emoji: "👎", words: "no nope bad", data: no },
  { id: "thanks", emoji: "🙏", words: "thanks thank you please", data: thanks },
  { id: "party", emoji: "🎉", words: "party birthday congratulations", data: party },
  { id: "wow", emoji: "😮", words: "wow amazed surprise", data: wow },
  { id: "think", emoji: "🤔", words: "think hmm question", data: think },
  { id: "cool", emoji: "😎", words: "cool sunglasses", data: cool },
  { id: "coffee", emoji: "☕", words: "coffee tea morning", data: coffee },
  { id: "oops", emoji: "😅", words: "oops sorry sweat awkward", data: oops },
  { id: "sleep", emoji: "😴", words: "sleep tired good night", data: sleep },
  { id: "cry", emoji: "😢", words: "cry sad tears", data: cry },
  { id: "angry", emoji: "😠", words: "angry mad", data: angry },
];
