/** Text is a sentence with {names} in it, or one for each plural form of {n} that the language has. */
export type Text = string | Plural;

/** Plural is the forms of a sentence by Intl.PluralRules' categories. */
export type Plural = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;

/** Table is the texts of an area in one language: its keys begin with the area's name and a dot. */
export type Table = Record<string, Text>;

/** Translated is what another language needs to have for a table: the same keys. */
export type Translated<T extends Table> = { [K in keyof T]: T[K] extends string ? string : Plural };
