import type { Table } from "../table";

export const warnings = {
  "warnings.linkTitle": "قد يضللك هذا الرابط",
  "warnings.linkOpen": "فتح على أي حال",
  "warnings.listed": "{host} في قائمة المواقع التي تخدع الناس.",
  "warnings.lookAlike": "{host} يشبه {like} وليس هو.",
  "warnings.confusableLike": "حروف من أبجدية أخرى تجعله يشبه {like}.",
  "warnings.confusable": "يخلط حروفًا متشابهة من عدة أبجديات.",
  "warnings.mismatch": "النص يقول {like}، لكن الرابط يؤدي إلى {host}.",
  "warnings.userinfo": "ما قبل @ ليس عنوانًا: الرابط يؤدي إلى {host}.",
  "warnings.rawAddress": "يؤدي إلى رقم بدل اسم موقع.",
  "warnings.shortener": "يؤدي إلى عنوان آخر لا يظهر هنا.",
  "warnings.other": "تمهّل قبل أن تفتحه.",
  "warnings.class.scam": "تبدو هذه رسالة احتيال. لا ترسل مالًا ولا رموزًا ولا كلمات مرور.",
  "warnings.class.harassment": "تبدو هذه رسالة مؤذية. لست مضطرًا للرد.",
  "warnings.class.sextortion": "يبدو هذا ابتزازًا أو طلب صور خاصة. لا تدفع ولا ترسل شيئًا. ليس ذنبك، ويمكن لآخرين مساعدتك:",
  "warnings.report": "إبلاغ",
  "warnings.block": "حظر",
  "warnings.hide": "ليس الآن",
  "warnings.onlyHere": "اكتُشف على هذا الجهاز. لا يُخبَر به أحد.",
  "warnings.setting": "نبّهني إلى الرسائل المريبة",
  "warnings.settingHint": "تلميحات بجانب الرسائل التي تبدو احتيالًا أو أسوأ. تُكتشف على هذا الجهاز ولا يُخبَر بها أحد.",
} satisfies Table;
