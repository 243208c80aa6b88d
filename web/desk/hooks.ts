import { useEffect, useState } from "preact/hooks";
import { Refused } from "./api";

/** Loaded is what was asked for, or why it isn't there. */
export interface Loaded<T> {
  value: T | undefined;
  error: string;
  again: () => void;
  set: (value: T) => void;
}

/** useLoaded asks for something whenever key changes, and with again. */
export function useLoaded<T>(key: string, ask: () => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ key: string; value?: T | undefined; error: string }>({ key, error: "" });
  const [times, setTimes] = useState(0);
  useEffect(() => {
    let gone = false;
    ask().then(
      (value) => gone || setState({ key, value, error: "" }),
      (error: unknown) => gone || setState((was) => ({ key, value: was.key === key ? was.value : undefined, error: said(error) })), // what is there stays
    );
    return () => {
      gone = true;
    };
  }, [key, times]);
  const current = state.key === key ? state : { value: undefined, error: "" };
  return { value: current.value, error: current.error, again: () => setTimes(times + 1), set: (value) => setState({ key, value, error: "" }) };
}

/** Deed is something that is done at a press: busy while it is under way, and why it failed. */
export interface Deed {
  busy: boolean;
  error: string;
  /** Whether it was refused since there is evidence that who decides hasn't seen. */
  stale: boolean;
  run: (what: () => Promise<unknown>) => Promise<boolean>;
}

/** useDeed is a deed that hasn't begun. */
export function useDeed(): Deed {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const [stale, setStale] = useState(false);
  const run = async (what: () => Promise<unknown>) => {
    setBusy(true);
    setError("");
    setStale(false);
    try {
      await what();
      return true;
    } catch (e) {
      setError(said(e));
      setStale(e instanceof Refused && e.code === "stale");
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, stale, run };
}

/** said is an error as a sentence. */
export const said = (error: unknown) => (error instanceof Refused ? error.message : "Something went wrong on this page.");
