import type { Table } from "../table";

export const challenge = {
  "challenge.title": "خطوة أخرى",
  "challenge.text": "أنت تراسل أشخاصًا جددًا كثيرين. أثبت أنك إنسان ثم نتابع. السؤال من {host}، ولا يُخبَر من أنت ولا من تراسل.",
  "challenge.frame": "سؤال من الخدمة",
  "challenge.checking": "جارٍ التحقق…",
  "challenge.wrong": "لم ينجح ذلك. حاول مرة أخرى من فضلك.",
} satisfies Table;
