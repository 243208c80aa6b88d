import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Back, Close } from "../icons";
import { said } from "../state/live";
import { t } from "../strings";
import { Button } from "./Button";
import { IconButton } from "./IconButton";
import "./dialog.css";

export interface DialogProps {
  title: string;
  /** Called by Esc, the cross, and a press beside it; then don't draw it any more. */
  onClose: () => void;
  /** The way back to the dialog that it came from, if there is one. */
  onBack?: () => void;
  children?: ComponentChildren;
  /** Its buttons, at the end. */
  foot?: ComponentChildren;
  width?: "narrow" | "wide";
  /** Without a cross: its buttons are the way out. */
  bare?: boolean;
  class?: string;
}

/**
 * Dialog is a native modal dialog: the rest of the page can't be reached while it
 * is drawn, and the focus goes back to where it was afterwards. The first element
 * with autofocus gets it. It has a live region of its own: the page's can't be
 * heard meanwhile.
 */
export function Dialog({ title, onClose, onBack, children, foot, width, bare, class: extra }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class={["dialog", width, extra].filter(Boolean).join(" ")}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => event.target === event.currentTarget && onClose()}
    >
      <div class="dialog-head">
        {onBack && <IconButton label={t("back")} icon={Back} onClick={onBack} />}
        <h2 id={id}>{title}</h2>
        {!bare && <IconButton label={t("close")} icon={Close} onClick={onClose} />}
      </div>
      {children && <div class="dialog-body scroll">{children}</div>}
      {foot && <div class="dialog-foot">{foot}</div>}
      <div class="unseen" role="status">
        {said.value}
      </div>
    </dialog>
  );
}

export interface ConfirmProps {
  title: string;
  text?: ComponentChildren;
  /** What the button says: the deed, not "OK". */
  yes: string;
  danger?: boolean;
  busy?: boolean;
  onYes: () => void;
  onClose: () => void;
}

/** Confirm asks before something that can't be taken back. */
export function Confirm({ title, text, yes, danger, busy, onYes, onClose }: ConfirmProps) {
  const foot = (
    <>
      <Button onClick={onClose} autofocus>
        {t("cancel")}
      </Button>
      <Button kind={danger ? "danger" : "primary"} busy={busy} onClick={onYes}>
        {yes}
      </Button>
    </>
  );
  return (
    <Dialog title={title} onClose={onClose} foot={foot} width="narrow" bare>
      {text}
    </Dialog>
  );
}
