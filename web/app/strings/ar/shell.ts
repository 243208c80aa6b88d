import type { shell as english } from "../en/shell";
import type { Translated } from "../table";

export const shell: Translated<typeof english> = {
  app: "Parley",
  close: "إغلاق",
  cancel: "إلغاء",
  save: "حفظ",
  done: "تم",
  back: "رجوع",
  clear: "مسح",
  retry: "إعادة المحاولة",
  undo: "تراجع",
  delete: "حذف",
  block: "حظر",
  remove: "إزالة",
  you: "أنت",
  today: "اليوم",
  yesterday: "أمس",
  skip: "الانتقال إلى المحادثة",

  "shell.chats": "المحادثات",
  "shell.settings": "الإعدادات",
  "shell.title": { other: "({n}) Parley" },
  "shell.starting": "جارٍ فتح رسائلك…",
  "shell.slow": "يستغرق هذا وقتًا أطول من المعتاد، وسيستمر من تلقاء نفسه.",
  "shell.pick": "رسائلك",
  "shell.pickText": "اختر محادثة أو ابدأ محادثة جديدة. لا يقرأ ما تكتبه إلا من هم فيها.",

  "connection.connecting": "جارٍ الاتصال…",
  "connection.offline": "أنت غير متصل. يمكنك القراءة، وسيُرسل ما تكتبه لاحقًا.",

  "live.message": "رسالة جديدة في {title}",
  "live.opened": "محادثة مع {title}",

  "error.offline": "لا يوجد اتصال الآن. حاول مجددًا بعد لحظات.",
  "error.failed": "لم ينجح ذلك. حاول مرة أخرى.",
  "error.limited": "محاولات كثيرة دفعة واحدة. انتظر لحظة ثم أعد المحاولة.",
  "error.limitedFor": "محاولات كثيرة دفعة واحدة. أعد المحاولة بعد {time}.",
  "error.too_long": "هذا النص طويل جدًا.",
  "error.unknown_person": "لا يوجد أحد هنا بهذا الاسم.",
  "error.not_admin": "لا يستطيع ذلك إلا مشرفو المجموعة.",
  "error.not_member": "لم تعد عضوًا في هذه المحادثة.",
  "error.request_pending": "يمكنك كتابة المزيد عندما يُقبل طلبك.",
  "error.not_accepting": "لا يستقبل هذا الشخص رسائل منك حاليًا.",
  "error.blocked": "لقد حظرت هذا الشخص. ألغِ حظره في الإعدادات أولًا.",
  "error.last_device": "هذا جهازك الوحيد.",
  "error.last_passkey": "هذا هو السبيل الوحيد لتسجيل الدخول. أضف سبيلًا آخر أولًا.",
  "error.bad_code": "الرمز غير مطابق. قارنه بالجهاز الآخر مرة أخرى.",
  "error.not_ready": "لا يمكن الوصول إليه بعد. حاول مجددًا بعد لحظات.",
  "error.full": "لا يوجد متسع لمزيد من الأشخاص.",

  "notify.one": "رسالة جديدة",
};
