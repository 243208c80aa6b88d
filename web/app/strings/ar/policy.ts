import type { Table } from "../table";

export const policy = {
  "policy.ownAge": "الرسائل غير متاحة في عمرك بعد.",
  "policy.mutualsOnly": "في عمرك يمكنك مراسلة من تتابعهم ويتابعونك.",
  "policy.groupSize": "المجموعة التي فيها شخص دون الثامنة عشرة تتسع لما يصل إلى 32 شخصًا.",
  "policy.groupStrangers": "اكتب إلى أحدهم أولًا، وعندما يقبل أحدهم يمكنكم إنشاء مجموعة معًا.",
  "policy.operator": "هذا غير متاح في هذه الخدمة.",
} satisfies Table;
