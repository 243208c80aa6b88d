/** Marked is a text of which a part, in UTF-16 units, is marked. */
export function Marked({ text, start, end }: { text: string; start: number; end: number }) {
  if (start < 0 || end <= start) return <>{text}</>;
  return (
    <>
      {text.slice(0, start)}
      <mark>{text.slice(start, end)}</mark>
      {text.slice(end)}
    </>
  );
}

/** MarkedName marks where a name holds what was typed. */
export function MarkedName({ name, typed }: { name: string; typed: string }) {
  const start = name.toLocaleLowerCase().indexOf(typed.trim().toLocaleLowerCase());
  const same = name.toLocaleLowerCase().length === name.length;
  return <Marked text={name} start={same ? start : -1} end={start + typed.trim().length} />;
}
