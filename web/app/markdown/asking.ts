import { signal } from "@preact/signals";

/** asking is the address of a link whose words are other than that, while the person is asked; '' while not. */
export const asking = signal("");
